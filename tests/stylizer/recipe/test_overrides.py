import codecs
import os
import socket
from pathlib import Path

import pytest

from stylizer.errors import BadRecipe, UnknownRecipe
from stylizer.recipe.model import Init, Optimizer, Pooling, StyleFormula
from stylizer.recipe.overrides import Only, alone, find_or_load, load_recipe, override, parse_layers
from stylizer.recipe.presets import GATYS, GATYS_PAPER, RECIPES, THREE_LOSS


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def test_fields_are_changed_and_the_rest_stays() -> None:
    changed = override(GATYS, style_weight=2, pooling="l2", init="style", optimizer="adam", history=7,
                       style_layers={"relu2_2": 3, "conv3_1": 0.5})
    assert (changed.style_weight, changed.pooling, changed.init) == (2.0, Pooling.L2, Init.STYLE)
    assert (changed.optimizer, changed.history) == (Optimizer.ADAM, 7)
    assert changed.style_layers == (("relu2_2", 3.0), ("conv3_1", 0.5))
    assert changed.content_layers == GATYS.content_layers
    assert override(GATYS) == GATYS


@pytest.mark.parametrize("name", RECIPES)
def test_either_loss_stands_alone_and_starts_from_noise(name: str) -> None:
    content, style = (alone(RECIPES[name], only) for only in Only)
    assert (content.content_layers, content.style_layers) == (RECIPES[name].content_layers, ())
    assert (style.content_layers, style.style_layers) == ((), RECIPES[name].style_layers)
    assert content.init is style.init is Init.RANDOM
    assert content.tv_weight == style.tv_weight == 0


def test_a_file_starts_from_the_recipe_it_names(tmp_path: Path) -> None:
    path = written(tmp_path, 'base = "three-loss"\ntv_weight = 2\n[style_layers]\nrelu3_1 = 1.5\n')
    recipe = load_recipe(path)
    assert find_or_load(str(path)) == recipe
    assert (recipe.name, recipe.tv_weight, recipe.style_layers) == ("mine", 2.0, (("relu3_1", 1.5),))
    assert recipe.content_formula is THREE_LOSS.content_formula


def test_a_file_may_stand_by_itself(tmp_path: Path) -> None:
    recipe = load_recipe(written(tmp_path, 'name = "own"\nstyle_formula = "paper"\n[style_layers]\nconv1_1 = 1\n'))
    assert (recipe.name, recipe.content_layers, recipe.style_layers) == ("own", (), (("conv1_1", 1.0),))
    assert recipe.style_formula is StyleFormula.PAPER


@pytest.mark.parametrize(("text", "message"), [
    ("style_wieght = 1", "no field named style_wieght: did you mean style_weight?"),
    ("qqqq = 1", "no field named qqqq: there is name, content_layers"),
    ('style_weight = "much"', "style_weight must be a number, not 'much'"),
    ("style_weight = -1", "style_weight must be finite and not negative, not -1"),
    ("tv_weight = nan", "tv_weight must be finite and not negative, not nan"),
    ("steps = 1.5", "steps must be a whole number, not 1.5"),
    ("steps = true", "steps must be a whole number, not True"),
    ("steps = 0", "steps must be at least 1, not 0"),
    ("bounded = 1", "bounded must be true or false, not 1"),
    ('pooling = "min"', "pooling must be one of max, avg, l2, not 'min'"),
    ("pooling = []", r"pooling must be one of max, avg, l2, not \[\]"),
    ('optimizer = "sgd"', "optimizer must be one of lbfgs, adam, torch-lbfgs, not 'sgd'"),
    ("learning_rate = 0", "learning_rate must be above 0 and at most 255, not 0"),
    ("averaging = 1", "averaging must be at least 0 and below 1, not 1"),
    ('content_layers = "relu4_2"', "content_layers must be a table of layers and their weights"),
    ("[style_layers]\nrelu1_1 = 'x'", "style_layers.relu1_1 must be a number, not 'x'"),
    ("[style_layers]\nrelu1_9 = 1", "VGG19 has no layer relu1_9: did you mean relu1_"),
    ('network = "vgg16"\n[style_layers]\nrelu5_4 = 1', "VGG16 has no layer relu5_4"),
    ("[content_layers]\n[style_layers]", "needs a layer"),
    ("base = 3", "base must be the name of a recipe"),
    ("steps = x", "is not TOML: .*line 2"),
    ('name = "two\\nlines"', "its name must be printable"),
    ('name = ""', "its name must be printable"),
])
def test_a_mistake_in_a_file_is_one_message_that_names_it(text: str, message: str, tmp_path: Path) -> None:
    base = "" if text.startswith("base") else 'base = "gatys"\n'
    path = written(tmp_path, base + text)
    with pytest.raises(BadRecipe, match=message) as caught:
        load_recipe(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_names_no_recipe_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match=r"cannot read the recipe .*none\.toml: No such file"):
        find_or_load(str(tmp_path / "none.toml"))
    with pytest.raises(UnknownRecipe, match="did you mean 'johnson'"):
        load_recipe(written(tmp_path, 'base = "jonson"'))
    with pytest.raises(BadRecipe, match="needs a layer"):
        load_recipe(written(tmp_path, "steps = 3"))


def test_a_file_whose_name_is_no_text_has_to_say_another(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.toml")
    path.write_text('base = "gatys"')
    with pytest.raises(BadRecipe, match="its name must be printable"):
        load_recipe(path)
    path.write_text('base = "gatys"\nname = "cafe"')
    assert load_recipe(path).name == "cafe"


def test_a_file_with_a_byte_order_mark_is_the_same_file(tmp_path: Path) -> None:
    text = 'base = "gatys"\nstyle_weight = 7.0\n'
    plain = load_recipe(written(tmp_path, text))
    marked = tmp_path / "mine.toml"
    marked.write_bytes(codecs.BOM_UTF8 + text.encode())
    assert load_recipe(marked) == plain


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "socket", "deep"])
def test_what_is_no_file_with_text_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "device":
            path.symlink_to("/dev/zero")
        case "socket":
            with socket.socket(socket.AF_UNIX) as made:
                made.bind(os.path.relpath(path))    # for a path may have 107 bytes
        case "deep":
            path.write_text("steps = " + "[" * 100_000)
    with pytest.raises(BadRecipe, match="is not TOML" if kind == "deep" else "is not a file"):
        load_recipe(path)


@pytest.mark.parametrize(("text", "weights"), [
    ("relu4_1", {"relu4_1": 1 / 512**2}),
    ("relu4_1=x2", {"relu4_1": 2 / 512**2}),
    ("relu1_1=x0.5, relu2_1, relu3_1=3", {"relu1_1": 0.5 / 64**2, "relu2_1": 1 / 128**2, "relu3_1": 3.0}),
    ("relu3_3", {"relu3_3": 1 / 256**2}),       # that of its block
])
def test_a_layer_without_a_weight_has_the_recipes_own(text: str, weights: dict[str, float]) -> None:
    assert parse_layers(text, GATYS.style_layers) == weights


def test_a_layer_that_the_recipe_lacks_has_the_weight_of_all_or_asks_for_one() -> None:
    assert parse_layers("conv3_2=x2", (("conv1_1", 0.2), ("conv2_1", 0.2))) == {"conv3_2": 0.4}
    with pytest.raises(BadRecipe, match="no weight for conv3_2: give it one"):
        parse_layers("conv3_2", (("conv1_1", 0.2), ("conv2_1", 0.4)))
    assert parse_layers("conv3_2", GATYS_PAPER.style_layers) == {"conv3_2": 0.2}


@pytest.mark.parametrize("text", ["relu1_1=much", "relu1_1=x", "relu1_1=xy", "relu1_1,relu1_1=2"])
def test_weights_that_are_none_are_told_with_the_form_of_one(text: str) -> None:
    with pytest.raises(BadRecipe, match=r"as in relu1_1=1.*=x2|stands there twice"):
        parse_layers(text, GATYS.style_layers)

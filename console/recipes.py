"""The command `recipes`: what can be asked for, and what each recipe minimises. Torch is not needed for it."""

import json

from console.terminal import Terminal
from console.words import counted
from stylizer.recipe.model import ContentFormula, Layers, Optimizer, Recipe, Recolouring, StyleFormula, VariationFormula
from stylizer.recipe.overrides import find_or_load
from stylizer.recipe.presets import RECIPES

CONTENT = {
    ContentFormula.MEAN_SQUARE: "mean (F - P)^2",
    ContentFormula.SUM_SQUARE: "sum (F - P)^2",
    ContentFormula.HALF_SUM_SQUARE: "1/2 sum (F - P)^2",
}
STYLE = {
    StyleFormula.MEAN_SQUARE: "mean (G/M - A/M)^2",
    StyleFormula.MEAN_SQUARE_PER_ELEMENT: "mean (G/(C M) - A/(C M))^2",
    StyleFormula.PAPER: "1/(4 C^2 M^2) sum (G - A)^2",
    StyleFormula.RAW: "mean (G - A)^2",
    StyleFormula.PER_IMAGE: "1/(4 3^2 N^2) sum (G - A)^2",
    StyleFormula.WASSERSTEIN: "Wasserstein-2 distance of means and covariances, squared, / C",
    StyleFormula.NORMALISED_MOMENTS: (
        "1/2 |K - K_s|^2/(|K_0|^2 + |K_s|^2) + 1/2 |m - m_s|^2/(|m_0|^2 + |m_s|^2), K covariances and m means of the "
        "features, those with 0 of the photograph"),
}
VARIATION = {
    VariationFormula.HALF_SUM_SQUARE: "1/2 sum (dx^2 + dy^2), pixels 0..255",
    VariationFormula.SUM_POWER: "sum (dx^2 + dy^2)^1.25, pixels 0..255",
    VariationFormula.NINE_POINT: "mean squared steps to the 8 neighbours, pixels 0..1",
}
LEGEND = (
    "F, P: features of the picture and the content; G, A: Gram matrices F F^T of the picture and the style; "
    "C channels, M positions of a layer, N pixels of the picture; conv is before the ReLU, relu after it"
)


def run_recipes(terminal: Terminal, name: str | None) -> int:
    """List all recipes, or explain one, named or in a TOML file."""
    if name is not None:
        _explain(terminal, find_or_load(name))
        return 0
    for recipe in RECIPES.values():
        terminal.record("recipe", **_record(recipe))
    terminal.table(
        ("recipe", "network", "optimizer", "start", "steps", "size", "from"),
        (
            (recipe.name, recipe.network, recipe.optimizer, recipe.init, recipe.steps, recipe.size,
             _first_clause(recipe.source))
            for recipe in RECIPES.values()
        ),
        kept=("recipe",), spare="from",
    )
    return 0


def _explain(terminal: Terminal, recipe: Recipe) -> None:
    terminal.record("recipe", **_record(recipe))
    for title, text in _lines(recipe):
        terminal.answer(f"{title:10}{text}")
    terminal.answer(LEGEND)


def _lines(recipe: Recipe) -> list[tuple[str, str]]:
    lines = [("recipe", recipe.name)]
    if recipe.content_layers:
        alike = f" + {recipe.self_similarity:g} x self-similarity" if recipe.self_similarity else ""
        lines.append(("content", f"{recipe.content_weight:g} x sum of {CONTENT[recipe.content_formula]}{alike}"))
        lines.append(("", _weights(recipe.content_layers)))
    if recipe.style_layers:
        lines.append(("style", f"{recipe.style_weight:g} x sum of {STYLE[recipe.style_formula]}"))
        lines.append(("", _weights(recipe.style_layers)))
    if recipe.tv_weight:
        lines.append(("variation", f"{recipe.tv_weight:g} x {VARIATION[recipe.tv_formula]}"))
    network = f"{recipe.network.upper()}, {recipe.pooling} pooling, {recipe.edge} edge"
    if recipe.strength is not None:
        lines.append(("strength", f"{recipe.strength:g} of 100: both are divided by what they are for the pair's own "
                                  "images, and weighed so that every pair comes equally far"))
    if recipe.recolour is Recolouring.LINEAR:
        lines.append(("colours", "the content first takes the mean and the covariance of the style's"))
    lines.append(("network", f"{network}, pixels as {recipe.flavour} counts"))
    lines.append(("optimizer", _optimizer(recipe)))
    shape = ", style stretched to the content's shape" if recipe.style_shape == "content" else ""
    side = " on the longest side" if recipe.measure == "long" else ""
    lines.append(("size", f"{recipe.extent.in_words()}{side}{shape}"))
    if recipe.depends_on_size:
        lines.append(("note", "the balance of its terms shifts with the size of the picture"))
    if recipe.source:
        lines.append(("source", recipe.source))
    return lines


def _weights(layers: Layers) -> str:
    return ", ".join(f"{name} {weight:.4g}" for name, weight in layers)


def _optimizer(recipe: Recipe) -> str:
    if recipe.optimizer is not Optimizer.ADAM:
        how = f"{recipe.optimizer}, history {recipe.history}"
    else:
        average = f", average of the steps ({recipe.averaging:g})" if recipe.averaging else ""
        how = f"adam at {recipe.learning_rate:.3g} of 255{average}"
    return f"{how}, {counted(recipe.steps, 'step')}, start {recipe.init}"


def _first_clause(source: str) -> str:
    return source.split(":")[0].split(",")[0].split(" (")[0]


def _record(recipe: Recipe) -> dict[str, object]:
    fields = json.loads(recipe.canonical_json())
    return {**fields, "depends_on_size": recipe.depends_on_size, "source": recipe.source}

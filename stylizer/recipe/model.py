"""What a recipe is: everything that shapes a picture besides its two images, the seed and the weights.

A recipe is data. Two equal recipes give the same picture, and the hash of a recipe is the same on every
machine: it is taken over canonical JSON, and no field's meaning depends on the code around it.
"""

import dataclasses
import difflib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from db.hashing import sha256_of
from stylizer.errors import BadRecipe
from stylizer.recipe.formats import DEFAULT_QUALITY, Format
from stylizer.recipe.pyramid import share_out, weights_of
from stylizer.recipe.size import Measure, Size, excess

Layers = tuple[tuple[str, float], ...]      # names and weights

# Far beyond all use, and within what a catalog can hold and 32-bit numbers can count.
MOST_STEPS = 1_000_000
MOST_HISTORY = 10_000
MOST_SCALES = 32
MOST_WEIGHT = 1e38
NEWEST_STRENGTH_SCALE = 10
_LEAST_WEIGHT = 2.0**-126       # smaller ones count as none in 32 bits


class Architecture(StrEnum):
    """Which network looks at the pictures.

    Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015,
    arXiv:1409.1556, table 1, columns D and E.
    """

    VGG16 = "vgg16"
    VGG19 = "vgg19"

    @property
    def convolutions(self) -> tuple[int, ...]:
        """How many convolutions stand in each of the five blocks."""
        return (2, 2, 3, 3, 3) if self is Architecture.VGG16 else (2, 2, 4, 4, 4)

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of all layers, from the pixels up."""
        return tuple(
            name
            for block, count in enumerate(self.convolutions, start=1)
            for name in (*(f"{kind}{block}_{i}" for i in range(1, count + 1) for kind in ("conv", "relu")),
                         f"pool{block}")
        )


class Flavour(StrEnum):
    """In what pixels are counted, and with them all features. Each belongs to one training of the networks."""

    CAFFE = "caffe"                     # in steps of 1/255 (Simonyan and Zisserman's own weights)
    TORCHVISION = "torchvision"         # in standard deviations of ImageNet (torchvision's own training)


class ContentFormula(StrEnum):
    """How features F of the picture and P of the content become a content loss."""

    MEAN_SQUARE = "mean_square"         # mean of (F - P)^2
    SUM_SQUARE = "sum_square"           # sum of (F - P)^2
    HALF_SUM_SQUARE = "half_sum_square"     # 1/2 sum of (F - P)^2


class StyleFormula(StrEnum):
    """How Gram matrices G of the picture and A of the style become a style loss.

    C channels, M positions in the picture and M_s in the style, N pixels in the picture. Where a source
    compares G with A, A stands for A M/M_s, so that a style image may have any size.
    """

    MEAN_SQUARE = "mean_square"         # mean of (G/M - A/M_s)^2
    MEAN_SQUARE_PER_ELEMENT = "mean_square_per_element"     # mean of (G/(C M) - A/(C M_s))^2
    PAPER = "paper"                     # 1/(4 C^2 M^2) sum of (G - A)^2
    RAW = "raw"                         # mean of (G - A)^2
    PER_IMAGE = "per_image"             # 1/(4 3^2 N^2) sum of (G - A)^2
    WASSERSTEIN = "wasserstein"         # squared W2 distance of normal distributions with the features' moments, / C
    # Half |K - K_s|^2/(|K_0|^2 + |K_s|^2) and half |m - m_s|^2/(|m_0|^2 + |m_s|^2): covariances K and means m of the
    # features, with those of the photograph (0) for a divisor that does not move.
    NORMALISED_MOMENTS = "normalised_moments"

    @property
    def needs_photograph(self) -> bool:
        """Whether the content's own statistics are part of it."""
        return self is StyleFormula.NORMALISED_MOMENTS


class VariationFormula(StrEnum):
    """How differences of neighbouring pixels become a loss; dx and dy are those to the right and below."""

    HALF_SUM_SQUARE = "half_sum_square"     # 1/2 sum of dx^2 + dy^2, pixels in 0..255
    SUM_POWER = "sum_power"             # sum of (dx^2 + dy^2)^1.25, pixels in 0..255
    NINE_POINT = "nine_point"           # mean squares to all eight neighbours, pixels in 0..1


class Pooling(StrEnum):
    """What stands between two blocks of the network; all halve the sides."""

    MAX = "max"
    AVERAGE = "avg"
    L2 = "l2"                           # 0.78 x the root of the sum of squares, which keeps the activations' size


class Edge(StrEnum):
    """What the network sees at the lower and the right edge, where a side is no multiple of its deepest stride."""

    MIRROR = "mirror"                   # rows and columns mirrored up to the next multiple
    PLAIN = "plain"                     # nothing more: poolings drop what is left over, as in the published programs


class Init(StrEnum):
    """Where the optimisation starts."""

    CONTENT = "content"
    STYLE = "style"                     # stretched to the content's shape
    RANDOM = "random"                   # uniform over the range of pixels, from the pair's own generator


class StyleShape(StrEnum):
    """The shape in which the style image is looked at."""

    OWN = "own"
    CONTENT = "content"                 # stretched to the content's height and width


class Colour(StrEnum):
    """What is done to keep the content's colours."""

    NONE = "none"
    LUMINANCE = "luminance"             # only light and dark are transferred
    MATCH = "match"                     # the style is given the content's mean and covariance first
    HISTOGRAM = "histogram"             # the style is given the content's histogram first, channel by channel


class Recolouring(StrEnum):
    """What is done to the content's colours before anything is painted."""

    NONE = "none"
    LINEAR = "linear"                   # it is given the style's mean and covariance


class Optimizer(StrEnum):
    """What moves the pixels."""

    LBFGS = "lbfgs"
    ADAM = "adam"
    TORCH_LBFGS = "torch-lbfgs"         # the library's loop, as a reference


# A field that recipes did not always have. At its default, which never changes and means what was done before, it
# is no part of the identity: results made by older versions stay what they are.
LATER = {"later": True}


@dataclass(frozen=True)
class Recipe:
    """One way to make a picture. Layer names are `conv4_2` (before the ReLU) or `relu4_2` (after it).

    The loss is content_weight x the sum of layer weight x content term over `content_layers`, plus the same
    for style, plus tv_weight x the variation of the pixels. With a `strength` these are divided by what they are for
    the pair's own images, and weighed against each other by `stylizer.recipe.strength`. `source` is text for people
    and no part of the identity.
    """

    name: str
    content_layers: Layers
    style_layers: Layers
    content_weight: float = 1.0
    style_weight: float = 1.0
    tv_weight: float = 0.0
    content_formula: ContentFormula = ContentFormula.MEAN_SQUARE
    style_formula: StyleFormula = StyleFormula.MEAN_SQUARE
    tv_formula: VariationFormula = VariationFormula.HALF_SUM_SQUARE
    network: Architecture = Architecture.VGG19
    flavour: Flavour = Flavour.CAFFE    # weights of the other flavour are brought to this unit
    pooling: Pooling = Pooling.MAX
    init: Init = Init.CONTENT
    optimizer: Optimizer = Optimizer.LBFGS
    history: int = 100                  # pairs of vectors that L-BFGS remembers
    learning_rate: float = 1.0          # of Adam, in pixel values of 0..255
    averaging: float = 0.0              # of Adam: share of the old average kept at each step; 0 is no average
    steps: int = 300                    # evaluations of the loss and its gradient
    size: int = 512                     # in pixels; of what, `measure` says
    scales: tuple[float, ...] = (1.0,)  # shares of the size, from coarse to fine; `steps` are shared out
    # Of several scales the last one gets this much of what its side would give it (stylizer.recipe.pyramid).
    last_share: float = dataclasses.field(default=1.0, metadata=LATER)
    # Evaluations taper off from the coarsest scale, instead of growing from the last one with every scale below it.
    tapers: bool = dataclasses.field(default=False, metadata=LATER)
    # Ends a scale when ten evaluations lower the loss by less than this share.
    tolerance: float = dataclasses.field(default=0.0, metadata=LATER)
    measure: Measure = dataclasses.field(default=Measure.LONG, metadata=LATER)      # of content and of style
    height: int = dataclasses.field(default=0, metadata=LATER)                      # where the measure is exact
    upscale: bool = dataclasses.field(default=False, metadata=LATER)                # enlarges what is smaller
    style_scale: float = dataclasses.field(default=1.0, metadata=LATER)             # of the style's sides
    # This share of each side of a style, where photographs of paintings have frames and card, is not looked at.
    style_trim: float = dataclasses.field(default=0.0, metadata=LATER)
    style_shape: StyleShape = StyleShape.OWN
    colour: Colour = dataclasses.field(default=Colour.NONE, metadata=LATER)
    # Beside each content term, this much of the difference in which parts are alike (stylizer.loss.self_similarity), in
    # the size of that term.
    self_similarity: float = dataclasses.field(default=0.0, metadata=LATER)
    strength: float | None = dataclasses.field(default=None, metadata=LATER)        # 0 the photograph, 100 the texture
    # What the numbers of that say (stylizer.recipe.strength): pictures of before keep theirs.
    strength_scale: int = dataclasses.field(default=1, metadata=LATER)
    recolour: Recolouring = dataclasses.field(default=Recolouring.NONE, metadata=LATER)
    # With a strength a picture begins with strokes of the style where the photograph is smooth.
    underpaint: bool = dataclasses.field(default=False, metadata=LATER)
    # Of the content's finest detail, in levels out of 255: how much of a sharp edge an enlarged picture is given.
    detail: float = dataclasses.field(default=20.0, metadata=LATER)
    # Pictures are enlarged by their waves, and the optimiser hardly draws lines along rows and columns of pixels, and
    # less along the border (stylizer.compute.waves, stylizer.optim.preconditioner).
    clean: bool = dataclasses.field(default=False, metadata=LATER)
    edge: Edge = dataclasses.field(default=Edge.MIRROR, metadata=LATER)
    format: Format = dataclasses.field(default=Format.PNG, metadata=LATER)          # of the file
    file_quality: int = dataclasses.field(default=DEFAULT_QUALITY, metadata=LATER)  # of a lossy file, 1 to 100
    bounded: bool = True                # pixels stay within 0..255 while optimising
    source: str = ""

    def __post_init__(self) -> None:
        """Raises BadRecipe: a transfer that has begun never fails for a value that was known before."""
        for field, low, most in (("steps", 1, MOST_STEPS), ("history", 1, MOST_HISTORY)):
            number = getattr(self, field)
            self._check(number >= low, f"{field} must be at least {low}, not {number}")
            self._check(number <= most, f"{field} must be at most {most}, not {number}")
        self._check(0 < self.learning_rate <= 255,
                    f"learning_rate must be above 0 and at most 255, not {self.learning_rate:g}")
        self._check(0 <= self.averaging < 1, f"averaging must be at least 0 and below 1, not {self.averaging:g}")
        self._check(0 <= self.tolerance < 1, f"tolerance must be at least 0 and below 1, not {self.tolerance:g}")
        self._check(0 <= self.detail < math.inf, f"detail must be finite and not negative, not {self.detail:g}")
        self._check_strength()
        ascending = all(0 < low < high for low, high in pairwise((*self.scales, 1.5)))
        self._check(ascending and self.scales[-1:] == (1.0,), "scales must be positive, rise and end with 1")
        self._check(0 < self.last_share <= 1, f"last_share must be above 0 and at most 1, not {self.last_share:g}")
        self._check(len(self.scales) <= MOST_SCALES, f"scales must be at most {MOST_SCALES}, not {len(self.scales)}")
        self._check_picture()
        self._check(self.steps >= len(self.scales),
                    f"{len(self.scales)} scales need at least as many steps, not {self.steps}")
        self._check_weights()

    def _check_strength(self) -> None:
        self._check(1 <= self.strength_scale <= NEWEST_STRENGTH_SCALE,
                    f"strength_scale must be 1 to {NEWEST_STRENGTH_SCALE}, not {self.strength_scale}")
        if self.strength is None:
            return
        self._check(0 <= self.strength <= 100, f"strength must be 0 to 100, not {self.strength:g}")
        self._check(bool(self.content_layers and self.style_layers),
                    "strength weighs content against style, and here one of them is alone")

    def _check_weights(self) -> None:
        layers = self.content_layers + self.style_layers
        self._check(bool(layers), "needs a layer")
        fields = "content_weight", "style_weight", "tv_weight", "self_similarity"
        weights = {field: getattr(self, field) for field in fields}
        for name, weight in (*weights.items(), *((f"the weight of {name}", weight) for name, weight in layers)):
            self._check(math.isfinite(weight) and weight >= 0,
                        f"{name} must be finite and not negative, not {weight:g}")
            self._check(weight <= MOST_WEIGHT, f"{name} must be at most {MOST_WEIGHT:g}, not {weight:g}")
        for name, _ in layers:
            if name not in self.network.layers:
                near = difflib.get_close_matches(name, self.network.layers, n=1)
                hint = f": did you mean {near[0]}?" if near else ""
                raise BadRecipe(f"recipe {self.name}: {self.network.upper()} has no layer {name}{hint}")
        heaviest = (
            self.tv_weight,
            *(self.content_weight * weight for _, weight in self.content_layers),
            *(self.style_weight * weight for _, weight in self.style_layers),
        )
        self._check(max(heaviest) >= _LEAST_WEIGHT, "all of its weights are 0: there is nothing to paint towards")

    def _check_picture(self) -> None:
        problem = excess(self.extent)
        self._check(problem is None, f"size: {problem}")
        least, of_what = (256, "pixels in all") if self.measure is Measure.PIXELS else (16, "pixels")
        self._check(self.size >= least, f"size must be at least {least} {of_what}, not {self.size}")
        exact = self.measure is Measure.EXACT
        self._check(self.height >= 16 if exact else self.height == 0,
                    f"height must be at least 16 where the measure is exact, else 0, not {self.height}")
        self._check(0 < self.style_scale <= 16, f"style_scale must be above 0 and at most 16, not {self.style_scale:g}")
        self._check(0 <= self.style_trim <= 0.4, f"style_trim must be 0 to 0.4, not {self.style_trim:g}")
        self._check(1 <= self.file_quality <= 100, f"file_quality must be 1 to 100, not {self.file_quality}")
        self._check(self.format.has_quality or self.file_quality == DEFAULT_QUALITY,
                    f"file_quality is for jpeg and webp: {self.format} is exact")

    def _check(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise BadRecipe(f"recipe {self.name}: {otherwise}")

    @property
    def shares(self) -> tuple[int, ...]:
        """How many evaluations each scale gets, the coarsest first."""
        return share_out(self.steps, weights_of(self.scales, self.last_share, tapers=self.tapers))

    @property
    def extent(self) -> Size:
        """The size of the picture."""
        return Size(self.size, self.measure, self.height, self.upscale)

    @property
    def style_extent(self) -> Size:
        """The size at which a style is looked at, in its own shape."""
        return self.extent.uncut().scaled(self.style_scale)

    @property
    def compares_with_photograph(self) -> bool:
        """Whether what is known of a style has to be known of the content, too."""
        return bool(self.style_layers) and (self.strength is not None or self.style_formula.needs_photograph)

    @property
    def start(self) -> Init:
        """Where the picture starts: at the ends of `strength` there is no choice."""
        ends = {0.0: Init.CONTENT, 100.0: Init.RANDOM}
        return self.init if self.strength is None else ends.get(self.strength, self.init)

    @property
    def layers(self) -> tuple[str, ...]:
        """Every layer whose features the losses read, without repeats."""
        return tuple(dict.fromkeys(name for name, _ in self.content_layers + self.style_layers))

    @property
    def depends_on_size(self) -> bool:
        """Whether the balance of the terms shifts with the size of the picture (its terms grow differently)."""
        powers = set()      # of the number of positions
        if self.content_layers and self.strength is None:
            powers.add(0 if self.content_formula is ContentFormula.MEAN_SQUARE else 1)
        if self.style_layers:
            powers.add(2 if self.style_formula is StyleFormula.RAW else 0)
        if self.tv_weight:
            powers.add(0 if self.tv_formula is VariationFormula.NINE_POINT else 1)
        return len(powers) > 1

    def canonical_json(self) -> str:
        """All that shapes the picture, as JSON with sorted keys and no spaces."""
        fields = dataclasses.asdict(self)
        del fields["source"]
        for field in dataclasses.fields(self):
            if field.metadata == LATER and fields[field.name] == field.default:
                del fields[field.name]
        return json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)


def unsaid() -> dict[str, object]:
    """The fields that `canonical_json` leaves out where they are as ever, and what they are then."""
    return {field.name: field.default for field in dataclasses.fields(Recipe) if field.metadata == LATER}


def recipe_hash(
    recipe: Recipe, *, seed: int, weights_sha256: str, time_budget_s: float | None = None,
    guidance: Mapping[str, object] | None = None,
) -> str:
    """SHA-256 (hex) over all that shapes the picture: the recipe with its overrides, the seed, the weights.

    A time budget counts, too, where there is one: with another one the picture is another. So does
    `guidance`, plain JSON, where there is any.
    """
    budget = "" if time_budget_s is None else f',"time_budget_s":{time_budget_s!r}'
    # Under the name that it had at first: with another one every guided result would have another hash.
    more = "" if not guidance else f',"besides":{json.dumps(guidance, sort_keys=True, separators=(",", ":"))}'
    text = f'{{"recipe":{recipe.canonical_json()},"seed":{seed:d},"weights":"{weights_sha256}"{budget}{more}}}'
    return sha256_of(text)

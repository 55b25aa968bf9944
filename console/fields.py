"""What `--json` tells of an image and of a result: by lists, and by whatever makes a result. Pure."""

from db.records import Image, Result


def image_fields(image: Image) -> dict[str, object]:
    """An image as `images --json` tells it; the path is absolute."""
    looks = image.looks
    return {
        "id": image.id,
        "sha256": image.sha256,
        "path": image.path,
        "role": image.role,
        "width": image.width,
        "height": image.height,
        "profile": image.profile,
        "post_code": image.post_code,
        "slide": image.slide,
        "taken_at": image.taken_at,
        "caption": image.caption,
        "source_url": image.source_url,
        "is_full_size": image.is_full_size,
        "permalink": image.permalink,
        "alt_text": image.alt_text,
        "name": image.name,
        "tags": image.tags,
        "starred": image.is_starred,
        "excluded": image.is_excluded,
        "perceptual_hash": None if looks is None else f"{looks.hash:016x}",
        "sharpness": None if looks is None else looks.sharpness,
        "brightness": None if looks is None else looks.brightness,
        "grey": None if looks is None else looks.is_grey,
    }


def result_fields(result: Result) -> dict[str, object]:
    """A result as `results --json` tells it; the path is absolute."""
    record = result.record
    return {
        "id": result.id,
        "content_id": result.content_id,
        "style_id": result.style_id,
        "recipe": record.recipe,
        "size": record.size,
        "steps": record.steps,
        "seed": record.seed,
        "status": record.status,
        "path": result.path,
        "content_loss": record.content_loss,
        "style_loss": record.style_loss,
        "total_loss": record.total_loss,
        "seconds": record.seconds,
        "reason": record.reason,
        "mix": record.details.get("mix"),
        "measures": record.details.get("measures"),
        "tags": result.tags,
        "starred": result.is_starred,
    }

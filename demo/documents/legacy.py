"""The generation until 2024: `Graph*` nodes and `edge_*` connections; no slides in its timeline."""

from typing import Any

from demo.accounts import Account, Frame, Post
from demo.cdn import Easel
from demo.timeline import Page

Json = dict[str, Any]

PROFILE_QUERY = "PolarisProfileQuery"
TIMELINE_QUERY = "PolarisProfileTimelineQuery"
POST_QUERY = "PolarisPostActionLoadPostQuery"
ENDPOINT = "/graphql/query"
TYPENAMES = {1: "GraphImage", 2: "GraphVideo", 8: "GraphSidecar"}
WIDTHS = (640, 750, 1080)


def profile(account: Account, easel: Easel) -> Json:
    user = account.user
    fields = {
        "id": str(user.pk),
        "username": user.username,
        "full_name": user.full_name,
        "biography": account.biography,
        "is_private": account.is_private,
        "edge_followed_by": {"count": account.followers},
        "edge_follow": {"count": account.following},
        "profile_pic_url_hd": easel.avatar(user, 320),
    }
    return {"data": {"user": fields}, "status": "ok"}


def timeline(account: Account, page: Page, easel: Easel) -> Json:
    hidden = account.is_private
    user = account.user
    fields = {
        "id": str(user.pk),
        "username": user.username,
        "is_private": hidden,
        "profile_pic_url_hd": easel.avatar(user, 320),
        "edge_owner_to_timeline_media": {
            "count": len(account.posts),
            "page_info": {
                "has_next_page": page.end_cursor is not None and not hidden,
                "end_cursor": None if hidden else page.end_cursor,
            },
            "edges": [{"node": timeline_node(post, easel)} for post in ([] if hidden else page.posts)],
        },
    }
    return {"data": {"user": fields}, "status": "ok"}


def next_page(account: Account, page: Page, easel: Easel) -> Json:
    return timeline(account, page, easel)


def post(account: Account, post: Post, easel: Easel) -> Json:
    """The node of the timeline, with everything about its owner and, for a sidecar, its children."""
    node = timeline_node(post, easel)
    node["__typename"] = "XDT" + node["__typename"]
    node["owner"] = {"id": str(post.owner.pk), "username": post.owner.username, "is_private": False}
    node["coauthor_producers"] = [{"id": str(user.pk), "username": user.username} for user in post.coauthors]
    if post.media_type == 8:
        children = [{"node": child(frame, easel)} for frame in post.frames]
        node["edge_sidecar_to_children"] = {"edges": children}
    return {"data": {"xdt_shortcode_media": node}, "status": "ok"}


def missing_post() -> Json:
    return {"data": {"xdt_shortcode_media": None}, "status": "ok"}


def timeline_node(post: Post, easel: Easel) -> Json:
    caption = [{"node": {"text": post.caption}}] if post.caption else []
    return child(post.frames[0], easel) | {
        "__typename": TYPENAMES[post.media_type],
        "id": str(post.pk),
        "shortcode": post.code,
        "is_video": post.is_reel,
        "taken_at_timestamp": post.taken_at,
        "edge_media_to_caption": {"edges": caption},
        "edge_media_to_comment": {"count": 4},
        "edge_media_preview_like": {"count": post.likes},
        "comments_disabled": False,
        "location": None,
        "owner": {"id": str(post.owner.pk)},
        "pinned_for_users": [{"id": str(post.owner.pk)}] if post.is_pinned else [],
        "coauthor_producers": [],
        "product_type": post.product_type,
    }


def child(frame: Frame, easel: Easel) -> Json:
    """A slide, or the part of a node that speaks of its picture; `dimensions` are those on offer."""
    picture = frame.slide.picture
    scale = min(1.0, 1080 / picture.width)
    resources = [
        {
            "src": easel.width(frame, width),
            "config_width": width,
            "config_height": round(picture.height * width / picture.width),
        }
        for width in WIDTHS
    ]
    squares = [
        {"src": easel.square(frame, side), "config_width": side, "config_height": side}
        for side in (150, 240, 320, 480, 640)
    ]
    node: Json = {
        "__typename": TYPENAMES[2 if frame.is_video else 1],
        "id": str(frame.pk),
        "shortcode": frame.code,
        "dimensions": {"height": round(picture.height * scale), "width": round(picture.width * scale)},
        "display_url": easel.width(frame, 1080),
        "display_resources": resources if frame.slide.has_candidates else [],
        "thumbnail_src": easel.square(frame, 640),
        "thumbnail_resources": squares,
        "is_video": frame.is_video,
        "accessibility_caption": frame.slide.alt,
    }
    if frame.is_video:
        node["video_url"] = easel.video(frame)
    return node

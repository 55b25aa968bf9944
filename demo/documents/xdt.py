"""The generation of 2024 to 2026: `xdt_*` objects, complete nodes already in the timeline."""

from typing import Any

from demo.accounts import Account, Frame, Post, User
from demo.cdn import Easel
from demo.timeline import Page

Json = dict[str, Any]

PROFILE_QUERY = "PolarisProfilePageContentQuery"
TIMELINE_QUERY = "PolarisProfilePostsQuery"
POST_QUERY = "PolarisPostRootQuery"
ENDPOINT = "/graphql/query"
FINAL = {"is_final": True}


def profile(account: Account, easel: Easel) -> Json:
    fields = full_user(account.user, account.is_private, easel) | {
        "biography": account.biography,
        "follower_count": account.followers,
        "following_count": account.following,
        "media_count": len(account.posts),
        "hd_profile_pic_url_info": {"url": easel.avatar(account.user, 320)},
        "bio_links": [],
        "is_verified": False,
    }
    return {"data": {"user": fields, "viewer": None}, "extensions": FINAL, "status": "ok"}


def timeline(account: Account, page: Page, easel: Easel) -> Json:
    edges = [
        {"node": media(post, easel), "cursor": f"{post.pk}_{post.owner.pk}"}
        for post in ([] if account.is_private else page.posts)
    ]
    has_next = page.end_cursor is not None and not account.is_private
    connection = {
        "edges": edges,
        "page_info": {
            "end_cursor": page.end_cursor if has_next else None,
            "has_next_page": has_next,
            "has_previous_page": False,
            "start_cursor": None,
        },
    }
    data = {
        "xdt_api__v1__feed__user_timeline_graphql_connection": connection,
        "xdt_viewer": {"user": None},
    }
    return {"data": data, "extensions": FINAL, "status": "ok"}


def next_page(account: Account, page: Page, easel: Easel) -> Json:
    return timeline(account, page, easel)


def post(account: Account, post: Post, easel: Easel) -> Json:
    items = {"items": [media(post, easel)], "num_results": 1, "more_available": False}
    return {"data": {"xdt_api__v1__media__shortcode__web_info": items}, "extensions": FINAL, "status": "ok"}


def missing_post() -> Json:
    return {"data": {"xdt_api__v1__media__shortcode__web_info": None}, "extensions": FINAL, "status": "ok"}


def media(post: Post, easel: Easel) -> Json:
    slides = [slide(post, frame, easel) for frame in post.frames] if post.media_type == 8 else None
    caption = post.caption and {
        "has_translation": None,
        "created_at": post.taken_at - 1,
        "pk": str(18_100_000_000_000_000 + post.pk % 10**6),
        "text": post.caption,
    }
    return picture_fields(post.frames[0], easel) | {
        "code": post.code,
        "pk": str(post.pk),
        "id": f"{post.pk}_{post.owner.pk}",
        "ad_id": None,
        "taken_at": post.taken_at,
        "caption": caption or None,
        "media_type": post.media_type,
        "product_type": post.product_type,
        "carousel_media": slides,
        "carousel_media_count": slides and len(slides),
        "carousel_parent_id": None,
        "usertags": None,
        "location": None,
        "link": None,
        "title": None,
        "top_likers": None,
        "preview": None,
        "coauthor_producers": [full_user(user, False, easel) for user in post.coauthors] or None,
        "invited_coauthor_producers": [],
        "timeline_pinned_user_ids": [str(post.owner.pk)] if post.is_pinned else None,
        "user": full_user(post.owner, False, easel),
        "owner": full_user(post.owner, False, easel),
        "like_count": post.likes,
        "comment_count": 4,
        "view_count": None,
        "display_uri": None,
        "__typename": "XDTMediaDict",
    }


def picture_fields(frame: Frame, easel: Easel) -> Json:
    picture = frame.slide.picture
    videos = [{"type": kind, "url": easel.video(frame)} for kind in (101, 102, 103)]
    fields: Json = {
        "accessibility_caption": frame.slide.alt,
        "original_height": picture.height,
        "original_width": picture.width,
        "image_versions2": {"candidates": easel.candidates(frame)},
        "video_versions": videos if frame.is_video else None,
        "video_dash_manifest": None,
    }
    if not frame.slide.has_candidates:
        fields["display_uri"] = easel.display(frame)
    return fields


def slide(post: Post, frame: Frame, easel: Easel) -> Json:
    own = {
        "code": frame.code,
        "pk": str(frame.pk),
        "id": f"{frame.pk}_{post.owner.pk}",
        "carousel_parent_id": f"{post.pk}_{post.owner.pk}",
        "media_type": 2 if frame.is_video else 1,
        "taken_at": post.taken_at - 1,
        "usertags": None,
        "carousel_media": None,
    }
    return own | picture_fields(frame, easel)


def full_user(user: User, is_private: bool, easel: Easel) -> Json:
    return {
        "pk": str(user.pk),
        "username": user.username,
        "id": str(user.pk),
        "is_private": is_private,
        "full_name": user.full_name,
        "profile_pic_url": easel.avatar(user),
    }

"""The generation of 2026: `xig_*` objects, whose grid has neither dates nor originals nor slides."""

from typing import Any

from demo.accounts import Account, Frame, Post, User
from demo.cdn import Easel
from demo.timeline import Page

Json = dict[str, Any]

PROFILE_QUERY = "PolarisLoggedOutDesktopWWWProfileRootContentQuery"
TIMELINE_QUERY = "PolarisLoggedOutDesktopWWWProfilePostsTabContentQuery"
POST_QUERY = "PolarisLoggedOutDesktopWWWPostRootContentQuery"
ENDPOINT = "/api/graphql"
TYPENAMES = {1: "XIGPolarisImageMedia", 2: "XIGPolarisVideoMedia", 8: "XIGPolarisCarouselMedia"}
FINAL = {"is_final": True}


def profile(account: Account, easel: Easel) -> Json:
    user = account.user
    has_reels = any(post.is_reel for post in account.posts)
    newest = max((post.taken_at for post in account.posts), default=None)
    link = {
        "image_url": "",
        "is_pinned": False,
        "link_id": "1790000000001",
        "link_type": "external",
        "media_accent_color_hex": "",
        "media_type": "none",
        "title": "",
        "url": f"http://example.org/{user.username}",
        "creation_source": "NONE",
    }
    fields = {
        "pk": str(user.pk),
        "username": user.username,
        "profile_pic_url": easel.avatar(user),
        "is_private": account.is_private,
        "is_unpublished": False,
        "latest_reel_media": None if account.is_private else newest,
        "biography": account.biography,
        "full_name": user.full_name,
        "is_verified": False,
        "text_post_app_badge_label": None,
        "show_text_post_app_badge": False,
        "account_badges": [],
        "bio_links": [link],
        "linked_fb_info": None,
        "is_memorialized": False,
        "pronouns": [],
        "follower_count": account.followers,
        "following_count": account.following,
        "all_media_count": None,
        "id": user.graph_id,
        "lox_highlights_connection": {"edges": [], "page_info": {"end_cursor": None, "has_next_page": False}},
        "is_coppa_enforced": False,
        "has_any_clips": has_reels and not account.is_private,
    }
    return {"data": {"xig_user_by_username": fields}, "extensions": FINAL}


def timeline(account: Account, page: Page, easel: Easel) -> Json:
    """The first stretch, as the HTML carries it. A private account has none."""
    user = account.user
    fields: Json = {"pk": str(user.pk), "id": user.graph_id}
    if not account.is_private:
        fields["polaris_ordered_timeline_connection"] = connection(page, easel)
    elif easel.behaviour.private_timeline != "absent":
        empty: Json | None = None if easel.behaviour.private_timeline == "null" else {"edges": []}
        fields["polaris_ordered_timeline_connection"] = empty
    return {"data": {"xig_user_by_username": fields}, "extensions": FINAL}


def next_page(account: Account, page: Page, easel: Easel) -> Json:
    """A later stretch, the answer to the page's own request."""
    fields = {
        "__typename": "User",
        "username": account.username,
        "polaris_ordered_timeline_connection": connection(page, easel),
        "id": account.user.graph_id,
    }
    return {"data": {account.behaviour.answer_root: fields}, "extensions": FINAL, "status": "ok"}


def connection(page: Page, easel: Easel) -> Json:
    edges = [
        {"node": grid_node(post, easel), "cursor": cursor}
        for post, cursor in zip(page.posts, page.cursors, strict=True)
    ]
    info = {"end_cursor": page.end_cursor, "has_next_page": page.end_cursor is not None}
    return {"edges": edges, "page_info": info}


def grid_node(post: Post, easel: Easel) -> Json:
    typename = TYPENAMES[post.media_type]
    cover = post.frames[0]
    node: Json = {
        "__typename": typename,
        "__isXIGPolarisMedia": typename,
        "pk": str(post.pk),
        "code": post.code,
        "caption": None if post.caption is None else {"text": post.caption},
        "seo_canonical_url": None,
        "display_uri": easel.display(cover),
        "media_type": post.media_type,
        "product_type": post.product_type,
        "user": small_user(post.owner),
        "id": f"POLARIS_{post.pk}",
    }
    if not post.is_reel:
        node["accessibility_caption"] = cover.slide.alt
    if post.media_type == 8:
        node["carousel_media_count"] = len(post.slides) if post.lists_slides else None
    return node


def post(account: Account, post: Post, easel: Easel) -> Json:
    """The document of a post page, with a few other posts of the owner inside, as the real one has."""
    outer = {
        "__typename": TYPENAMES[post.media_type],
        "pk": str(post.pk),
        "code": post.code,
    }
    gate = easel.behaviour.gate_name
    if post.is_gated:
        ruling = {
            "gating_type": 3,
            "title": "Age-restricted content",
            "description": "This content is age-restricted based on your age or account settings.",
        }
        gated = outer | {gate: None, "gating_ruling": ruling}
        errors = [{"message": "A server error field_exception occured."}]
        return {"data": {"xig_polaris_media": gated}, "errors": errors}
    comments = {"edges": [], "page_info": {"end_cursor": None, "has_next_page": False}}
    media = outer | {
        gate: full_media(account, post, easel),
        "gating_ruling": None,
        "id": f"POLARIS_{post.pk}",
        "comments_connection": comments,
    }
    return {"data": {"xig_polaris_media": media}, "extensions": FINAL}


def missing_post() -> Json:
    return {"data": {"xig_polaris_media": None}, "extensions": FINAL}


def full_media(account: Account, post: Post, easel: Easel) -> Json:
    typename = TYPENAMES[post.media_type]
    caption = post.caption and {
        "pk": str(18_100_000_000_000_000 + post.pk % 10**6),
        "has_translation": None,
        "text": post.caption,
        "created_at": post.taken_at - 1,
    }
    media: Json = {
        "__typename": typename,
        "user": owner_with_other_posts(account, post, easel),
        "__isXIGPolarisMedia": typename,
        "pk": str(post.pk),
        "code": post.code,
        "taken_at": post.taken_at,
        "media_type": post.media_type,
        "product_type": post.product_type,
        "coauthor_producers": [coauthor(user, easel) for user in post.coauthors],
        "ai_label_info": None,
        "location": None,
        "seo_canonical_url": None,
        "like_count": post.likes,
        "like_and_view_counts_disabled": False,
        "comment_count": 4,
        "commenting_disabled_for_viewer": None,
        "caption": caption or None,
        "caption_is_edited": False,
        "id": f"POLARIS_{post.pk}",
        "related_topic_pills": [],
        "if_is_crawler": None,
    }
    if post.media_type == 8:
        listed = [slide_node(post, frame, easel) for frame in post.frames]
        media["carousel_media"] = listed if post.lists_slides else None
    if post.media_type != 8 or not post.lists_slides:
        media |= picture_fields(post.frames[0], easel)
    if post.is_reel:
        media |= {"clips_metadata": {"audio_type": "original_sounds"}, "has_audio": True}
    return media


def picture_fields(frame: Frame, easel: Easel) -> Json:
    """What is said of one picture or video, alone or as a slide."""
    picture = frame.slide.picture
    fields: Json = {
        "original_height": picture.height,
        "original_width": picture.width,
        "display_uri": easel.display(frame),
        "image_versions2": {"candidates": easel.candidates(frame), "additional_candidates": None},
        "usertags": {"in": []},
    }
    if frame.is_video:
        fields["video_versions"] = [{"type": kind, "url": easel.video(frame)} for kind in (101, 102, 103)]
    else:
        fields["accessibility_caption"] = frame.slide.alt
    return fields


def slide_node(post: Post, frame: Frame, easel: Easel) -> Json:
    """A slide tells its own time, a second off its post's."""
    media_type = 2 if frame.is_video else 1
    own = {
        "__typename": TYPENAMES[media_type],
        "code": frame.code,
        "id": f"POLARIS_{frame.pk}",
        "pk": str(frame.pk),
        "media_type": media_type,
        "taken_at": post.taken_at - 1,
        "like_count": 0,
        "user": {"username": post.owner.username, "id": post.owner.graph_id},
    }
    return own | picture_fields(frame, easel)


def owner_with_other_posts(account: Account, post: Post, easel: Easel) -> Json:
    others = [other for other in account.timeline if other.pk != post.pk and other.owner == post.owner][:6]
    edges = [{"node": grid_node(other, easel)} for other in others]
    return small_user(post.owner) | {
        "profile_pic_url": easel.avatar(post.owner),
        "seo_canonical_url": None,
        "polaris_ordered_timeline_connection": {"edges": edges},
        "is_unpublished": False,
        "full_name": post.owner.full_name,
        "is_verified": False,
        "is_private": False,
        "__typename": "User",
        "profile_image_uri": easel.avatar(post.owner, 34),
    }


def coauthor(user: User, easel: Easel) -> Json:
    return small_user(user) | {"is_verified": False, "profile_pic_url": easel.avatar(user)}


def small_user(user: User) -> Json:
    return {"pk": str(user.pk), "username": user.username, "id": user.graph_id}

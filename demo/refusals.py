"""The answers by which Instagram's JSON endpoints refuse a visitor.

None of them is an answer about a profile: they say "not now" or "not you", often with status 200.
"""

import json
from dataclasses import dataclass

from demo.behaviour import AsideKind, RefusalKind


@dataclass(frozen=True)
class Refusal:
    status: int
    body: str
    content_type: str = "application/json; charset=utf-8"


def refusal(http_status: int, /, **fields: object) -> Refusal:
    return Refusal(http_status, json.dumps(fields, ensure_ascii=False))


PLEASE_WAIT = refusal(
    401,
    message="Please wait a few minutes before you try again.",
    require_login=True,
    igweb_rollout=True,
    status="fail",
)
REFUSALS: dict[RefusalKind, Refusal] = {
    "please_wait": PLEASE_WAIT,
    "please_wait_vi": refusal(
        401,
        message="Vui lòng đợi vài phút trước khi thử lại.",
        require_login=True,
        igweb_rollout=True,
        status="fail",
    ),
    "too_many": Refusal(429, ""),
    "rate_limit": refusal(
        200,
        errors=[{"message": "Rate limit exceeded", "severity": "CRITICAL", "code": 1675004}],
        extensions={"is_final": True},
    ),
    "checkpoint": refusal(
        400, message="checkpoint_required", checkpoint_url="/challenge/", lock=True, status="fail"
    ),
    "feedback": refusal(
        400, message="feedback_required", spam=True, feedback_title="Try Again Later", status="fail"
    ),
    "challenge": refusal(400, message="challenge_required", status="fail"),
    "execution_error": refusal(
        200, errors=[{"message": "execution error", "description": "A server error occured."}], data=None
    ),
    "null_user": refusal(200, data={"xig_user_by_username": None}),
    "login_html": Refusal(200, "<!DOCTYPE html><title>Instagram</title>", "text/html; charset=utf-8"),
    "server_error": Refusal(500, ""),
}


def aside_answer(kind: AsideKind) -> Refusal:
    """What the site says to a request that is not for posts, where it does not refuse it."""
    users = [{"pk": "9990009999", "username": "ferry.co", "full_name": "Ferry & Co"}]
    if kind == "suggestions":
        return refusal(200, data={"xdt_api__v1__discover__chaining": {"users": users}}, extensions={"is_final": True})
    if kind == "logging":
        return Refusal(200, "1", "text/plain")
    return refusal(200, users=users, status="ok") if kind == "related" else refusal(200, status="ok")


def old_endpoint(path: str, query: dict[str, str], has_profile_name: bool) -> Refusal | None:
    """What the endpoints of earlier years answer an anonymous caller; None where there is none."""
    if path.startswith("/api/v1/"):
        return PLEASE_WAIT
    if path.rstrip("/") == "/graphql/query":
        return refusal(403, message="", status="fail") if "doc_id" in query else PLEASE_WAIT
    if has_profile_name and query.get("__a") == "1":
        return Refusal(201, "")
    return None

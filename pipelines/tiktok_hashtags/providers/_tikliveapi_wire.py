"""The wire types of TikLiveAPI's four endpoints (see `tikliveapi.py` for the documents)."""

from __future__ import annotations

import msgspec

from tiktok_hashtags.extract import Integer, Number
from tiktok_hashtags.fetch import UNREADABLE, Id, decoder_of, prepare


class Details(msgspec.Struct):
    """A hashtag; `user_count` counts creators who used it, not videos."""

    id: Id | None = None
    cha_name: str | None = None
    desc: str | None = None
    user_count: Integer | None = None
    view_count: Integer | None = None
    type: Integer | None = None
    cover: str | None = None


class MusicInfo(msgspec.Struct):
    """The sound of a video; `duration` in seconds."""

    id: Id | None = None
    title: str | None = None
    author: str | None = None
    original: bool | None = None
    duration: Number | None = None


class Author(msgspec.Struct):
    """The creator of a video."""

    id: Id | None = None
    unique_id: str | None = None
    nickname: str | None = None
    avatar: str | None = None


class Video(msgspec.Struct):
    """A video: `duration` in seconds, `create_time` in epoch seconds; `music` is a URL. There is no hashtag list."""

    video_id: Id | None = None
    aweme_id: Id | None = None
    region: str | None = None
    title: str | None = None
    cover: str | None = None
    origin_cover: str | None = None
    play: str | None = None
    wmplay: str | None = None
    size: Integer | None = None
    duration: Number | None = None
    music: str | None = None
    music_info: MusicInfo | None = None
    play_count: Integer | None = None
    digg_count: Integer | None = None
    comment_count: Integer | None = None
    share_count: Integer | None = None
    download_count: Integer | None = None
    collect_count: Integer | None = None
    create_time: Integer | None = None
    author: Author | None = None


class PostsPage(msgspec.Struct, rename={"has_more": "hasMore"}):
    """`cursor` is a number or a text, `hasMore` a boolean or 0 and 1."""

    videos: list[msgspec.Raw] | None = None
    cursor: str | int | None = None
    has_more: bool | int | None = None

    @property
    def items(self) -> list[msgspec.Raw] | None:
        """The page's items."""
        return self.videos


class SearchPage(msgspec.Struct, rename={"has_more": "hasMore"}):
    """A page of hashtags."""

    challenge_list: list[msgspec.Raw] | None = None
    cursor: str | int | None = None
    has_more: bool | int | None = None

    @property
    def items(self) -> list[msgspec.Raw] | None:
        """The page's items."""
        return self.challenge_list


class DetailsReference(msgspec.Struct):
    """The fields that identify a hashtag."""

    id: str | int | None = None
    cha_name: str | None = None


class VideoReference(msgspec.Struct):
    """The ids of a video."""

    aweme_id: str | int | None = None
    video_id: str | int | None = None


class _Message(msgspec.Struct):
    message: str | None = None
    msg: str | None = None
    error: msgspec.Raw = msgspec.Raw(b"")


prepare(PostsPage, SearchPage, DetailsReference, VideoReference, _Message)


def message(body: bytes) -> str:
    """Return the message of an answer without the documented keys, or an empty text."""
    try:
        found = decoder_of(_Message).decode(body)
    except UNREADABLE:
        return ""
    return (found.message or found.msg or bytes(found.error).decode(errors="replace"))[:200]

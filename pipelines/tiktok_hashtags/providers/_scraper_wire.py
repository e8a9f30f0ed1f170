"""The wire type of an aweme item (see `scraper.py` for where it comes from). Any object in it may be missing."""

from __future__ import annotations

import msgspec

from tiktok_hashtags.extract import Integer, Number, UrlList
from tiktok_hashtags.fetch import Id, prepare


class Input(msgspec.Struct):
    """The scraper's input; `region` is not the video's region, and `limit` is a soft limit."""

    region: str | None = None
    name: str | None = None
    url: str | None = None
    limit: Integer | None = None


class Playlist(msgspec.Struct):
    """The playlist that a video is in."""

    mix_id: Id | None = None
    name: str | None = None
    item_total: Integer | None = None


class Author(msgspec.Struct):
    """The creator of a video."""

    uid: Id | None = None
    unique_id: str | None = None
    nickname: str | None = None
    region: str | None = None
    language: str | None = None
    signature: str | None = None
    avatar_thumb: UrlList | None = None
    avatar_medium: UrlList | None = None
    avatar_larger: UrlList | None = None
    youtube_channel_id: str | None = None
    youtube_channel_title: str | None = None
    custom_verify: str | None = None
    enterprise_verify_reason: str | None = None
    verification_type: Integer | None = None


class Music(msgspec.Struct):
    """A sound; `duration` in seconds. `id` is a rounded number; `id_str` is the exact text.

    In captures `is_original` is false for users' own sounds; `is_original_sound` is right.
    """

    id: Id | None = None
    id_str: Id | None = None
    title: str | None = None
    author: str | None = None
    owner_handle: str | None = None
    owner_id: Id | None = None
    duration: Number | None = None
    is_original: bool | None = None
    is_original_sound: bool | None = None
    play_url: UrlList | None = None


class Media(msgspec.Struct):
    """The file of a video; `duration` in MILLIseconds."""

    duration: Integer | None = None
    height: Integer | None = None
    width: Integer | None = None
    cover: UrlList | None = None
    origin_cover: UrlList | None = None
    dynamic_cover: UrlList | None = None
    play_addr: UrlList | None = None
    play_addr_bytevc1: UrlList | None = None
    download_addr: UrlList | None = None
    has_watermark: bool | None = None


class Statistics(msgspec.Struct):
    """Counts at the time of the capture."""

    play_count: Integer | None = None
    digg_count: Integer | None = None
    comment_count: Integer | None = None
    share_count: Integer | None = None
    collect_count: Integer | None = None


class ShareInfo(msgspec.Struct):
    """The preview of a shared link."""

    share_title: str | None = None
    share_desc: str | None = None
    share_url: str | None = None


class Status(msgspec.Struct):
    """Permissions and TikTok's review; `private_status` 0 is public, `reviewed` is 0 or 1."""

    allow_comment: bool | None = None
    allow_share: bool | None = None
    download_status: Integer | None = None
    private_status: Integer | None = None
    in_reviewing: bool | None = None
    reviewed: bool | None = None
    is_prohibited: bool | None = None


class Permission(msgspec.Struct):
    """`code` 0 is allowed."""

    code: Integer | None = None


class Acl(msgspec.Struct):
    """The permissions of a video."""

    download_general: Permission | None = None
    share_general: Permission | None = None


class Control(msgspec.Struct):
    """The permissions that the creator sets."""

    allow_download: bool | None = None
    allow_duet: bool | None = None
    allow_react: bool | None = None
    allow_stitch: bool | None = None


class Risk(msgspec.Struct):
    """A warning that TikTok shows with a video."""

    content: str | None = None
    risk_sink: bool | None = None
    type: Integer | None = None
    vote: bool | None = None
    warn: bool | None = None


class ChallengeShare(msgspec.Struct):
    """The link of a hashtag."""

    share_url: str | None = None


class Challenge(msgspec.Struct):
    """A hashtag of `cha_list`; a count of 0 means "not provided", so its counts are not read."""

    cha_name: str | None = None
    cid: Id | None = None
    share_info: ChallengeShare | None = None


class TextExtra(msgspec.Struct):
    """A hashtag or a mention in a caption; mentions have no `hashtag_name`."""

    hashtag_name: str | None = None
    hashtag_id: Id | None = None


class Item(msgspec.Struct):
    """A video as the app's own API returns it; `create_time` in epoch seconds."""

    input: Input | None = None
    aweme_id: Id | None = None
    desc: str | None = None
    desc_language: str | None = None
    region: str | None = None
    create_time: Integer | None = None
    is_hash_tag: Integer | None = None
    label_top: UrlList | None = None
    playlist_info: Playlist | None = None
    author: Author | None = None
    music: Music | None = None
    added_sound_music_info: Music | None = None
    video: Media | None = None
    statistics: Statistics | None = None
    share_info: ShareInfo | None = None
    status: Status | None = None
    aweme_acl: Acl | None = None
    video_control: Control | None = None
    risk_infos: Risk | None = None
    cha_list: list[Challenge | None] | None = None
    text_extra: list[TextExtra | None] | None = None


class Reference(msgspec.Struct):
    """The id of an item."""

    aweme_id: str | int | None = None


prepare(Reference, list[msgspec.Raw])

"""Hashtag statistics, videos and trends of TikTok, loaded with dlt and modelled with dbt."""

__version__ = "0.1.0"

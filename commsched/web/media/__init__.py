"""The library's pages: pictures, videos, uploads."""

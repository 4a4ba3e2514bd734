"""The pages of the library: pictures, videos, uploads, and what could be removed."""

"""Names for values decoded from JSON or TOML without a schema.

The decoders of msgspec and the standard library return ``Any``. These two aliases pass that type on to code that knows
the shape of what it reads. Code that does not look inside takes ``dict[str, object]``.
"""

from __future__ import annotations

from typing import Any, TypeAlias

JsonObject: TypeAlias = dict[str, Any]
JsonArray: TypeAlias = list[Any]

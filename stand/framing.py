"""Where an HTTP/1.1 message ends (RFC 9112, section 6), without reading more of it than that.

start line CRLF  (name ":" value CRLF)*  CRLF  body
body: none | Content-Length bytes | chunks, the last of size 0, then trailers | everything until the connection closes
"""

from __future__ import annotations

HEAD_MOST_BYTES = 65536
END = b"\r\n\r\n"


class NotHttp(Exception):
    """These bytes are no HTTP/1.1 message."""


def length(raw: bytes, asked: bytes = b"") -> int | None:
    """Bytes of the first message in ``raw``; None while some of it, or the end of the connection, is still to come.

    ``asked`` is the method a reply answers, b"" for a request.  Raises NotHttp.
    """
    end = raw.find(END)
    if end < 0:
        if len(raw) > HEAD_MOST_BYTES:
            raise NotHttp("no end of the head")
        return None
    start = end + len(END)
    first, *lines = raw[:end].split(b"\r\n")
    fields = dict(_field(line) for line in lines)
    if asked and (asked == b"HEAD" or _status(first) in (204, 304)):
        return start
    if b"chunked" in fields.get(b"transfer-encoding", b"").lower():
        return _chunks_end(raw, start)
    if b"content-length" in fields:
        whole = start + _number(fields[b"content-length"], 10)
        return whole if len(raw) >= whole else None
    return None if asked else start


def method(request: bytes) -> bytes:
    """The method a request begins with."""
    return request.split(b" ", 1)[0]


def _chunks_end(raw: bytes, at: int) -> int | None:
    while (line_end := raw.find(b"\r\n", at)) >= 0:
        size = _number(raw[at:line_end].split(b";")[0], 16)
        at = line_end + 2 + size + 2
        if size == 0:  # trailers, if any, end with an empty line as a head does
            end = raw.find(END, line_end)
            return None if end < 0 else end + len(END)
    return None


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(b":")
    if not colon:
        raise NotHttp("a header line without a colon")
    return name.lower(), value.strip()


def _status(first: bytes) -> int:
    return _number(first.split(b" ")[1] if first.count(b" ") else b"", 10)


def _number(digits: bytes, base: int) -> int:
    try:
        return int(digits, base)
    except ValueError:
        raise NotHttp("no number where one belongs") from None

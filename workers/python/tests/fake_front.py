"""A front for tests: a real Unix socket that speaks frames with a worker."""

from __future__ import annotations

import json
import marshal
import shutil
import socket
import struct
import tempfile
import threading
from collections import deque
from contextlib import contextmanager
from typing import Any, Deque, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple, Union

from galley_worker import frames as f
from galley_worker.settings import Settings
from galley_worker.worker import server_of

TIMEOUT = 10.0
Headers = List[Tuple[str, str]]


def settings(**changes: Any) -> Settings:
    """What a `load` command says where a test does not."""
    plain: Dict[str, Any] = {
        'app': 'main:app',
        'directory': '/',
        'interface': 'asgi3',
        'factory': False,
        'lifespan': 'off',
        'root_path': '',
        'threads': 1,
        'workers': 1,
        'concurrency': 100,
        'sockets': [],
        'uvloop': 'auto',
    }
    return Settings(**{**plain, **changes})


def request_head(
    connection: Iterable[str], method: str, version: str, target: str, normalized: str, headers: Iterable[Tuple[str, str]]
) -> bytes:
    """The head of a REQUEST (frame.md, "Heads")."""
    path, _, query = target.partition('?')
    pairs = [(name.encode('latin-1'), value.encode('latin-1')) for name, value in headers]
    peers = '\0'.join(connection).encode()
    return marshal.dumps((peers, method, version, normalized or path, path.encode('latin-1'), query.encode('latin-1'), pairs), 2)


class Frame(NamedTuple):
    kind: int
    flags: int
    stream: int
    payload: bytes

    @property
    def ends(self) -> bool:
        return bool(self.flags & f.END) or self.kind == f.ABORT


def read_head(payload: bytes) -> Tuple[int, str, Headers, bytes]:
    """The status, the reason, the headers and what follows the head of a RESPONSE, an INFORM or a WS_ACCEPT."""
    length, status = struct.unpack_from('<IH', payload)
    fields = 7 + payload[6]
    pairs = marshal.loads(payload[fields : 6 + length])
    headers = [(name.decode('latin-1'), value.decode('latin-1')) for name, value in pairs]
    return status, payload[7:fields].decode('latin-1'), headers, payload[6 + length :]


class Answer(NamedTuple):
    """All that a worker sent on a stream, up to the frame that ended it."""

    status: int
    reason: str
    headers: Headers
    body: bytes
    abort: Optional[str]
    kinds: List[int]
    is_tainted: bool

    def header(self, name: str) -> Optional[str]:
        return next((value for each, value in self.headers if each.lower() == name), None)


class Connection:
    """The front's end of one worker connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.socket.settimeout(TIMEOUT)
        self.frames: Deque[Frame] = deque()
        self._decoder = f.FrameDecoder(self._frame)
        self._last = 0
        self._gathered: Optional[List[bytes]] = None
        self.hello = json.loads(self.next().payload)

    def request(
        self,
        method: str = 'GET',
        target: str = '/',
        headers: Iterable[Tuple[str, str]] = (),
        body: bytes = b'',
        flags: int = f.END,
        fields: Tuple[str, ...] = ('http', '127.0.0.1', '50000', '127.0.0.1', '8000'),
        version: str = '1.1',
        normalized: str = '',
    ) -> int:
        """Sends a REQUEST and returns its stream."""
        self._last += 1
        head = request_head(fields, method, version, target, normalized, headers)
        self.send(f.REQUEST, flags, self._last, struct.pack('<I', len(head)) + head + body)
        return self._last

    def send(self, kind: int, flags: int, stream: int, payload: bytes = b'') -> None:
        frame = f.pack_header(len(payload), kind, flags, 0, stream) + payload
        if self._gathered is None:
            self.socket.sendall(frame)
        else:
            self._gathered.append(frame)

    @contextmanager
    def gathered(self) -> Iterator[None]:
        """What is sent in the `with` block leaves in one write."""
        self._gathered = []
        yield
        frames, self._gathered = self._gathered, None
        self.socket.sendall(b''.join(frames))

    def websocket(self, headers: Iterable[Tuple[str, str]] = (), **request: Any) -> int:
        """Sends the REQUEST of a handshake and returns its stream."""
        return self.request(headers=headers, flags=f.END | f.WEBSOCKET, **request)

    def open(self, headers: Iterable[Tuple[str, str]] = (), **request: Any) -> int:
        """The stream of a WebSocket that the app accepts."""
        stream = self.websocket(headers, **request)
        frame = self.next_of(stream)
        assert frame.kind == f.WS_ACCEPT, frame[:3]
        return stream

    def say(self, stream: int, data: Union[str, bytes], more: bool = False, text: bool = False) -> None:
        """Sends a message, or a piece of one; bytes are a piece of text where `text` says so."""
        is_text = text or isinstance(data, str)
        payload = data.encode() if isinstance(data, str) else data
        self.send(f.WS_MESSAGE, (f.TEXT if is_text else 0) | (f.MORE if more else 0), stream, payload)

    def hear(self, stream: int) -> Union[str, bytes]:
        """The next message of the app, whose frames must come one after the other."""
        payload = b''
        while True:
            frame = self.next_of(stream)
            assert frame.kind == f.WS_MESSAGE and len(frame.payload) <= f.MAX_BODY, frame[:3]
            payload += frame.payload
            if not frame.flags & f.MORE:
                return payload.decode() if frame.flags & f.TEXT else payload

    def close_websocket(self, stream: int, code: int = 1000, reason: str = '', more: bool = False) -> None:
        """`more`: messages that came before the close follow."""
        self.send(f.WS_CLOSE, 0 if more else f.END, stream, struct.pack('<H', code) + reason.encode())

    def closing(self, stream: int) -> Tuple[int, str]:
        """The code and the reason of the app's WS_CLOSE, which must be the next frame."""
        frame = self.next_of(stream)
        assert frame.kind == f.WS_CLOSE, frame[:3]
        return f.close_of(frame.payload, 0, len(frame.payload))

    def granted(self, stream: int) -> int:
        """The credit in the next frame, which must be a WINDOW."""
        frame = self.next_of(stream)
        assert frame.kind == f.WINDOW, frame[:3]
        return f.u32(frame.payload, 0, len(frame.payload))

    def body(self, stream: int, body: bytes, end: bool = False) -> None:
        self.send(f.BODY, f.END if end else 0, stream, body)

    def cancel(self, stream: int, reason: int = 1) -> None:
        self.send(f.CANCEL, 0, stream, bytes([reason]))

    def window(self, stream: int, credit: int) -> None:
        self.send(f.WINDOW, 0, stream, struct.pack('<I', credit))

    def next(self) -> Frame:
        """The next frame of any stream."""
        while not self.frames:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError('the worker closed the connection')
            self._decoder.receive(data)
        return self.frames.popleft()

    def next_of(self, stream: int) -> Frame:
        """The next frame of a stream; those of others stay."""
        others: List[Frame] = []
        frame = self.next()
        while frame.stream != stream:
            others.append(frame)
            frame = self.next()
        self.frames.extendleft(reversed(others))
        return frame

    def answer(self, stream: int) -> Answer:
        """Reads until the stream ends, without giving credit."""
        status, reason, body, abort = 0, '', b'', None
        headers: Headers = []
        kinds: List[int] = []
        while True:
            frame = self.next_of(stream)
            kinds.append(frame.kind)
            if frame.kind == f.RESPONSE:
                status, reason, headers, body = read_head(frame.payload)
            elif frame.kind == f.BODY:
                body += frame.payload
            elif frame.kind == f.ABORT:
                abort = frame.payload.decode()
            if frame.ends:
                return Answer(status, reason, headers, body, abort, kinds, bool(frame.flags & f.TAINTED))

    def get(self, **request: Any) -> Answer:
        return self.answer(self.request(**request))

    def close(self) -> None:
        """Reads until the worker says goodbye, then closes."""
        while True:
            data = self.socket.recv(65536)
            if not data:
                self.socket.close()
                return
            self._decoder.receive(data)

    def _frame(self, kind: int, flags: int, stream: int, data: bytes, start: int, end: int) -> None:
        self.frames.append(Frame(kind, flags, stream, data[start:end]))


class FakeFront:
    """Serves an app in a thread of this process until the `with` block ends; then drains it."""

    def __init__(self, app: Any, connections: int = 1, **changes: Any) -> None:
        self._folder = tempfile.mkdtemp()
        self._listeners: List[socket.socket] = []
        for _ in range(connections):
            self.listen()
        self.settings = settings(sockets=[listener.getsockname() for listener in self._listeners], **changes)
        self.failure: Optional[BaseException] = None
        self._thread = threading.Thread(target=self._serve, args=(app,), daemon=True)
        self.connections: List[Connection] = []

    def __enter__(self) -> Connection:
        self._thread.start()
        self.connections = [Connection(listener.accept()[0]) for listener in self._listeners]
        return self.connections[0]

    def __exit__(self, *_: object) -> None:
        self.drain()
        if self.failure:
            raise self.failure

    def listen(self) -> str:
        """Opens one more socket and returns its path."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(f'{self._folder}/{len(self._listeners)}.sock')
        listener.listen()
        listener.settimeout(TIMEOUT)
        self._listeners.append(listener)
        return str(listener.getsockname())

    def accept(self) -> Connection:
        """The worker's connection to the socket that was opened last."""
        connection = Connection(self._listeners[-1].accept()[0])
        self.connections.append(connection)
        return connection

    def lose(self, connection: Connection) -> None:
        """Closes a connection without a word."""
        self.connections.remove(connection)
        connection.socket.close()

    def drain(self) -> None:
        """Drains the worker and waits until it has ended."""
        if not self._folder:
            return
        for connection in self.connections:
            connection.send(f.DRAIN, 0, 0)
        for connection in self.connections:
            connection.close()
        self.close()

    def close(self) -> None:
        for listener in self._listeners:
            listener.close()
        self._thread.join(TIMEOUT)
        shutil.rmtree(self._folder)
        self._folder = ''
        if self._thread.is_alive():
            raise AssertionError('the worker did not end')

    def wait(self) -> None:
        """Waits for a worker that ends by itself."""
        self._thread.start()
        self._thread.join(TIMEOUT)
        self.close()

    def _serve(self, app: Any) -> None:
        try:
            server_of(self.settings.interface)(app, self.settings, 7)
        except BaseException as error:
            self.failure = error

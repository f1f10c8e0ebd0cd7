"""The frame decoder keeps the laws of codecs."""

from __future__ import annotations

import random
import os
import struct
import unittest
from typing import List, Tuple

from galley_worker import frames as f

Frame = Tuple[int, int, int, bytes]
KINDS = (f.REQUEST, f.BODY, f.CANCEL, f.WINDOW, f.DRAIN, f.WS_MESSAGE, f.WS_CLOSE, f.HELLO, f.RESPONSE, f.INFORM, f.ABORT, f.FILE)


def collector() -> Tuple[List[Frame], f.FrameDecoder]:
    frames: List[Frame] = []
    return frames, f.FrameDecoder(lambda kind, flags, stream, data, a, b: frames.append((kind, flags, stream, data[a:b])))


def encoded(frames: List[Frame]) -> bytes:
    return b''.join(f.pack_header(len(p), kind, flags, 0, stream) + p for kind, flags, stream, p in frames)


class FrameDecoderTest(unittest.TestCase):
    def test_frames_arrive_as_sent_however_the_bytes_are_cut(self) -> None:
        for seed in range(300):
            chance = random.Random(seed)
            sent = [
                (chance.choice(KINDS), chance.randrange(4), chance.randrange(2**32), chance.randbytes(chance.randrange(90)))
                for _ in range(chance.randrange(1, 9))
            ]
            data = encoded(sent)
            cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(12)))
            received, decoder = collector()
            for start, end in zip([0, *cuts], [*cuts, len(data)]):
                decoder.receive(data[start:end])
            decoder.end()
            self.assertEqual(received, sent, f'seed {seed}')

    def test_frames_arrive_byte_by_byte(self) -> None:
        sent = [(f.BODY, f.END, 3, b'abc'), (f.DRAIN, 0, 0, b'')]
        received, decoder = collector()
        for byte in encoded(sent):
            decoder.receive(bytes([byte]))
        self.assertEqual(received, sent)

    def test_any_bytes_parse_or_raise_frame_error(self) -> None:
        for seed in range(2000):
            chance = random.Random(seed)
            data = bytearray(encoded([(chance.choice(KINDS), 0, 1, chance.randbytes(20)) for _ in range(3)]))
            for _ in range(chance.randrange(1, 6)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            _, decoder = collector()
            try:
                decoder.receive(bytes(data))
                decoder.end()
            except f.FrameError:
                pass

    def test_payload_at_the_limit_passes_and_one_byte_more_fails(self) -> None:
        received, decoder = collector()
        decoder.receive(encoded([(f.BODY, 0, 1, bytes(f.MAX_PAYLOAD))]))
        self.assertEqual(len(received[0][3]), f.MAX_PAYLOAD)
        with self.assertRaises(f.FrameError):
            decoder.receive(f.pack_header(f.MAX_PAYLOAD + 1, f.BODY, 0, 0, 1))

    def test_unknown_kinds_flags_and_reserved_bits_are_refused_for_good(self) -> None:
        for header in ((0, 10, 0, 0, 1), (0, 0, 0, 0, 1), (0, f.BODY, 64, 0, 1), (0, f.BODY, 0, 1, 1)):
            _, decoder = collector()
            with self.assertRaises(f.FrameError):
                decoder.receive(f.pack_header(*header))
            with self.assertRaises(f.FrameError):
                decoder.receive(encoded([(f.DRAIN, 0, 0, b'')]))

    def test_an_error_of_the_sink_ends_the_decoder_too(self) -> None:
        def sink(*_: object) -> None:
            raise f.FrameError('a payload that does not fit')

        decoder = f.FrameDecoder(sink)
        for _ in range(2):
            with self.assertRaises(f.FrameError):
                decoder.receive(encoded([(f.DRAIN, 0, 0, b'')]))

    def test_end_inside_a_frame_raises(self) -> None:
        _, decoder = collector()
        decoder.receive(encoded([(f.WINDOW, 0, 1, b'abcd')])[:-1])
        with self.assertRaises(f.FrameError):
            decoder.end()


class FrameEncodingTest(unittest.TestCase):
    def test_an_abort_keeps_the_end_of_a_long_text(self) -> None:
        frame = f.abort_frame(1, 'x' * 70_000 + 'ValueError: last')
        self.assertEqual(len(frame), 12 + f.MAX_ABORT_TEXT)
        self.assertTrue(frame.endswith(b'ValueError: last'))

    def test_an_abort_carries_text_that_is_not_unicode(self) -> None:
        self.assertIn(b'\\udcff', f.abort_frame(1, 'file \udcff'))

    def test_a_request_head_beyond_its_frame_is_refused(self) -> None:
        for payload in (b'', b'abc', f.pack_u32(1), f.pack_u32(9) + b'12345678'):
            with self.assertRaises(f.FrameError):
                f.head_end(payload + bytes(20), 0, len(payload))

    def test_a_window_of_another_length_is_refused(self) -> None:
        with self.assertRaises(f.FrameError):
            f.u32(b'abcde', 0, 5)

    def test_a_close_is_read_as_it_was_made_and_needs_a_code(self) -> None:
        frame = f.close_frame(3, 4999, 'zu Ende: ü'.encode())
        self.assertEqual(f.close_of(frame, 12, len(frame)), (4999, 'zu Ende: ü'))
        with self.assertRaises(f.FrameError):
            f.close_of(b'a', 0, 1)

    def test_a_file_has_its_offset_length_and_path(self) -> None:
        frame = f.file_frame(3, '/tmp/ü', 2**40, 2**41)
        self.assertEqual(struct.unpack('<IBBHIQQ', frame[:28]), (23, f.FILE, 0, 0, 3, 2**40, 2**41))
        self.assertEqual(frame[28:], '/tmp/ü'.encode())
        self.assertEqual(f.file_frame(3, os.fsdecode(b'/tmp/\xff'), 0, 1)[28:], b'/tmp/\xff')


if __name__ == '__main__':
    unittest.main()

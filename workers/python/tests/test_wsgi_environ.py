"""Points 6 to 9 of PEP 3333's traps: the environ."""

from __future__ import annotations

import io
import sys
import unittest
from typing import Any, Dict, Iterable, List, Tuple

from galley_worker.wsgi.environ import EnvironMaker

from .fake_front import request_head, settings

LOCAL = ['http', '127.0.0.1', '50000', '127.0.0.1', '8000']


def environ(
    target: str = '/',
    normalized: str = '',
    headers: Iterable[Tuple[str, str]] = (),
    connection: List[str] = LOCAL,
    version: str = '1.1',
    **changes: Any,
) -> Dict[str, Any]:
    head = request_head(connection, 'GET', version, target, normalized, headers)
    return EnvironMaker(settings(**changes)).make(head, io.BytesIO())


class EnvironTest(unittest.TestCase):
    def test_wsgi_06_the_path_is_decoded_to_latin1_code_points(self) -> None:
        self.assertEqual(environ('/caf%C3%A9%20x')['PATH_INFO'], '/caf\xc3\xa9 x')
        self.assertEqual(environ('/\xc3\xa9')['PATH_INFO'], '/\xc3\xa9')

    def test_wsgi_06_every_value_of_cgi_is_a_str_and_the_environ_a_fresh_dict(self) -> None:
        made = environ(headers=[('x-a', '\xe9')])
        self.assertIs(type(made), dict)
        for key, value in made.items():
            if not key.startswith('wsgi.'):
                self.assertIs(type(value), str, key)
        self.assertEqual(made['HTTP_X_A'], '\xe9')
        maker = EnvironMaker(settings())
        head = request_head(LOCAL, 'GET', '1.1', '/', '', [])
        maker.make(head, None)['SCRIPT_NAME'] = 'changed'
        self.assertEqual(maker.make(head, None)['SCRIPT_NAME'], '')

    def test_wsgi_06_the_address_of_a_unix_client_is_latin1_code_points(self) -> None:
        made = environ(connection=['http', '/run/\u0107.sock', '0', '/run/galley.sock', '0'])
        self.assertEqual(made['REMOTE_ADDR'], '/run/\xc4\x87.sock')

    def test_wsgi_07_script_name_and_path_info_split_the_root_path_by_segments(self) -> None:
        for root, target, script, path in (
            ('', '/x', '', '/x'),
            ('/api', '/api/x', '/api', '/x'),
            ('/api', '/api', '/api', ''),
            ('/api', '/api/', '/api', '/'),
            ('/api', '/apix', '/api', '/apix'),
            ('/api', '/other', '/api', '/other'),
            ('/caf\xe9', '/caf%C3%A9/x', '/caf\xc3\xa9', '/x'),
        ):
            made = environ(target, root_path=root)
            self.assertEqual((made['SCRIPT_NAME'], made['PATH_INFO']), (script, path), (root, target))

    def test_wsgi_07_the_target_as_received_is_there_too(self) -> None:
        made = environ('/a%2Fb/../c?d=%20', normalized='/c')
        self.assertEqual((made['REQUEST_URI'], made['RAW_URI']), ('/a%2Fb/../c?d=%20', '/a%2Fb/../c?d=%20'))
        self.assertEqual((made['PATH_INFO'], made['QUERY_STRING']), ('/c', 'd=%20'))

    def test_wsgi_08_the_required_keys_are_there_and_true(self) -> None:
        made = environ(headers=[('content-type', 'text/x'), ('content-length', '0'), ('host', 'example.com:90')])
        expected = {
            'REQUEST_METHOD': 'GET',
            'SCRIPT_NAME': '',
            'PATH_INFO': '/',
            'QUERY_STRING': '',
            'SERVER_NAME': '127.0.0.1',
            'SERVER_PORT': '8000',
            'SERVER_PROTOCOL': 'HTTP/1.1',
            'REMOTE_ADDR': '127.0.0.1',
            'REMOTE_PORT': '50000',
            'CONTENT_TYPE': 'text/x',
            'CONTENT_LENGTH': '0',
            'HTTP_HOST': 'example.com:90',
            'wsgi.version': (1, 0),
            'wsgi.url_scheme': 'http',
            'wsgi.run_once': False,
            'wsgi.input_terminated': True,
        }
        self.assertEqual({key: made[key] for key in expected}, expected)
        self.assertIs(made['wsgi.errors'], sys.stderr)
        self.assertNotIn('HTTP_CONTENT_TYPE', made)
        self.assertNotIn('CONTENT_TYPE', environ())

    def test_wsgi_08_multithread_and_multiprocess_say_what_is_so(self) -> None:
        for threads, workers in ((1, 1), (4, 1), (1, 2)):
            made = environ(threads=threads, workers=workers)
            self.assertEqual((made['wsgi.multithread'], made['wsgi.multiprocess']), (threads > 1, workers > 1))

    def test_wsgi_08_other_versions_and_unix_sockets(self) -> None:
        self.assertEqual(environ(version='1.0')['SERVER_PROTOCOL'], 'HTTP/1.0')
        self.assertEqual(environ(version='2')['SERVER_PROTOCOL'], 'HTTP/2.0')
        for scheme, port in (('http', '80'), ('https', '443')):
            made = environ(connection=[scheme, '', '0', '/run/galley.sock', '0'])
            self.assertEqual((made['SERVER_NAME'], made['SERVER_PORT'], made['REMOTE_ADDR']), ('localhost', port, ''))

    def test_tls_has_the_names_of_mod_ssl(self) -> None:
        pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n'
        https = ['https', *LOCAL[1:]]
        names = ('HTTPS', 'SSL_PROTOCOL', 'SSL_CLIENT_VERIFY', 'SSL_CLIENT_S_DN', 'SSL_CLIENT_CERT', 'SSL_CLIENT_CERT_CHAIN_0')
        for connection, expected in (
            (LOCAL, [None] * 6),
            (https, ['on', *[None] * 5]),
            ([*https, '772', '4865', '', '', ''], ['on', 'TLSv1.3', *[None] * 4]),
            ([*https, '771', '4865', '', 'CN=x', pem + pem], ['on', 'TLSv1.2', 'SUCCESS', 'CN=x', pem, pem]),
            ([*https, '771', '4865', 'certificate has expired', '', pem],
             ['on', 'TLSv1.2', 'FAILED:certificate has expired', '', pem, None]),
        ):
            made = environ(connection=connection)
            self.assertEqual([made.get(name) for name in names], expected)

    def test_wsgi_09_repeated_headers_are_joined_and_cookies_by_semicolon(self) -> None:
        made = environ(headers=[('x-a', '1'), ('cookie', 'a=1'), ('x-b', ''), ('x-a', '2'), ('cookie', 'b=2')])
        self.assertEqual(made['HTTP_X_A'], '1,2')
        self.assertEqual(made['HTTP_COOKIE'], 'a=1; b=2')
        self.assertEqual(made['HTTP_X_B'], '')

    def test_wsgi_09_names_with_underscores_and_proxy_are_dropped(self) -> None:
        made = environ(headers=[('x_forwarded_for', '1'), ('x-forwarded-for', '2'), ('proxy', 'evil')])
        self.assertEqual(made['HTTP_X_FORWARDED_FOR'], '2')
        self.assertNotIn('HTTP_PROXY', made)
        self.assertNotIn('', made)

    def test_wsgi_05_a_chunked_body_that_is_complete_has_a_content_length_and_no_transfer_encoding(self) -> None:
        head = request_head(LOCAL, 'POST', '1.1', '/', '', [('transfer-encoding', 'chunked')])
        made = EnvironMaker(settings()).make(head, io.BytesIO(b'hello'), 5)
        self.assertEqual(made['CONTENT_LENGTH'], '5')
        self.assertNotIn('HTTP_TRANSFER_ENCODING', made)


if __name__ == '__main__':
    unittest.main()

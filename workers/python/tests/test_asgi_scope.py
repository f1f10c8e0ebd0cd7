"""Points 1 to 7 of the ASGI specification's traps, and 20 as far as it concerns it: the scope."""

from __future__ import annotations

import marshal
import unittest
from typing import Any, List

from galley_worker.asgi.scope import http_scope, websocket_scope
from galley_worker.asgi.sent_file import CAN_SEND_OPEN_FILES
from galley_worker.frames import FrameError

from .fake_front import request_head

LOCAL = ['http', '127.0.0.1', '50000', '127.0.0.1', '8000']
TLS = ['https', *LOCAL[1:]]


def scope(
    target: str = '/',
    normalized: str = '',
    root_path: str = '',
    connection: List[str] = LOCAL,
    method: str = 'GET',
    version: str = '1.1',
    headers: List[str] = [],
    state: Any = None,
    make: Any = http_scope,
) -> Any:
    head = request_head(connection, method, version, target, normalized, zip(headers[::2], headers[1::2]))
    return make(head, root_path, state)


class ScopeTest(unittest.TestCase):
    def test_asgi_01_version_method_and_scheme_are_as_the_specification_names_them(self) -> None:
        for version in ('1.0', '1.1', '2'):
            self.assertEqual(scope(version=version)['http_version'], version)
        made = scope(method='DELETE', connection=['https', *LOCAL[1:]])
        self.assertEqual((made['method'], made['scheme'], made['type']), ('DELETE', 'https', 'http'))

    def test_asgi_02_path_is_decoded_and_the_others_are_as_received(self) -> None:
        made = scope('/caf%C3%A9%2Fx%20y?q=%C3%A9&a=?')
        self.assertEqual(made['path'], '/café/x y')
        self.assertEqual(made['raw_path'], b'/caf%C3%A9%2Fx%20y')
        self.assertEqual(made['query_string'], b'q=%C3%A9&a=?')

    def test_asgi_02_bytes_that_are_not_utf8_become_replacement_characters(self) -> None:
        self.assertEqual(scope('/%ff')['path'], '/\ufffd')

    def test_asgi_02_a_normalized_path_is_what_the_app_sees_and_raw_path_stays(self) -> None:
        made = scope('/a/../%62?x', normalized='/%62')
        self.assertEqual((made['path'], made['raw_path']), ('/b', b'/a/../%62'))

    def test_asgi_03_a_path_that_has_the_root_path_keeps_it_as_it_is(self) -> None:
        for target, path in (('/api', '/api'), ('/api/x', '/api/x'), ('/apix', '/api/apix'), ('/', '/api/')):
            made = scope(target, root_path='/api')
            self.assertEqual((made['path'], made['raw_path']), (path, path.encode()))

    def test_asgi_03_path_includes_the_root_path(self) -> None:
        made = scope('/x%20y', root_path='/api')
        self.assertEqual((made['root_path'], made['path'], made['raw_path']), ('/api', '/api/x y', b'/api/x%20y'))

    def test_asgi_03_path_and_raw_path_name_the_same_where_dot_segments_lead_in_or_out_of_the_root(self) -> None:
        for target, normalized, path, raw in (
            ('/api/../x', '/x', '/api/x', b'/api/x'),
            ('/../x', '/x', '/api/x', b'/api/x'),
            ('/a/../api/x', '/api/x', '/api/x', b'/a/../api/x'),
            ('/api/./x', '/api/x', '/api/x', b'/api/./x'),
            ('/a/../%C3%BC', '/%C3%BC', '/api/ü', b'/api/%C3%BC'),
            ('/%61pi/x', '/%61pi/x', '/api/x', b'/%61pi/x'),
        ):
            made = scope(target, normalized=normalized, root_path='/api')
            self.assertEqual((made['path'], made['raw_path']), (path, raw))

    def test_asgi_03_raw_path_has_the_root_path_percent_encoded(self) -> None:
        for root, raw in (('/é b', b'/%C3%A9%20b/x'), ('/a%', b'/a%25/x'), ("/a-._~!$&'()*+,;=:@", b"/a-._~!$&'()*+,;=:@/x")):
            made = scope('/x', root_path=root)
            self.assertEqual((made['root_path'], made['path'], made['raw_path']), (root, f'{root}/x', raw))
        self.assertEqual(scope('/%C3%A9%20b/x', root_path='/é b')['raw_path'], b'/%C3%A9%20b/x')

    def test_asgi_04_headers_keep_order_duplicates_and_bytes(self) -> None:
        made = scope(headers=['host', 'a', 'x-b', '1', 'x_c', '\xe9', 'x-b', '2', 'x-d', ''])
        self.assertEqual(
            made['headers'], [(b'host', b'a'), (b'x-b', b'1'), (b'x_c', b'\xe9'), (b'x-b', b'2'), (b'x-d', b'')]
        )
        self.assertEqual(scope()['headers'], [])

    def test_asgi_05_addresses_have_numbers_as_ports(self) -> None:
        made = scope()
        self.assertEqual((made['client'], made['server']), (('127.0.0.1', 50000), ('127.0.0.1', 8000)))

    def test_asgi_05_a_unix_socket_has_no_port_and_an_unknown_client_is_none(self) -> None:
        made = scope(connection=['http', '', '0', '/run/galley.sock', '0'])
        self.assertEqual((made['client'], made['server']), (None, ('/run/galley.sock', None)))

    def test_asgi_06_state_is_a_copy_for_every_request_and_absent_without_lifespan(self) -> None:
        state = {'pool': object()}
        first, second = scope(state=state), scope(state=state)
        first['state']['mine'] = 1
        self.assertEqual(second['state'], state)
        self.assertIs(second['state']['pool'], state['pool'])
        self.assertNotIn('state', scope())

    def test_asgi_06_the_asgi_and_extensions_dicts_are_not_shared(self) -> None:
        first, second = scope(), scope()
        self.assertIsNot(first['asgi'], second['asgi'])
        for each in first['extensions'].values():
            each['mine'] = 1
        self.assertEqual([*second['extensions'].values(), *scope()['extensions'].values()], [{}] * 2 * len(first['extensions']))
        socket = scope(make=websocket_scope)
        socket['extensions']['websocket.http.response']['mine'] = 1
        self.assertEqual(scope(make=websocket_scope)['extensions'], {'websocket.http.response': {}})
        self.assertEqual(first['asgi'], {'version': '3.0', 'spec_version': '2.5'})

    def test_asgi_18_the_extensions_that_the_worker_has_are_advertised(self) -> None:
        files: Any = {'http.response.zerocopysend': {}} if CAN_SEND_OPEN_FILES else {}
        others: Any = {'http.response.early_hint': {}, 'http.response.pathsend': {}, 'http.response.trailers': {}}
        self.assertEqual(scope()['extensions'], {**others, **files})

    def test_asgi_07_the_scope_is_a_plain_dict(self) -> None:
        self.assertIs(type(scope()), dict)

    def test_asgi_01_a_websocket_has_its_own_type_and_schemes_and_no_method(self) -> None:
        made = scope('/caf%C3%A9?x=1', root_path='/api', state={'a': 1}, make=websocket_scope)
        expected = scope('/caf%C3%A9?x=1', root_path='/api', state={'a': 1})
        del expected['method']
        expected.update(type='websocket', scheme='ws', subprotocols=[], extensions={'websocket.http.response': {}})
        self.assertEqual(made, expected)
        self.assertEqual(scope(connection=['https', *LOCAL[1:]], make=websocket_scope)['scheme'], 'wss')

    def test_the_tls_extension_tells_of_the_clients_tls(self) -> None:
        pem = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n'
        other = pem.replace('AA', 'BB')
        made = scope(connection=[*TLS, '772', '4865', '', 'CN=me,O=x', pem + other])
        expected = {
            'server_cert': None,
            'client_cert_chain': [pem, other],
            'client_cert_name': 'CN=me,O=x',
            'client_cert_error': None,
            'tls_version': 0x0304,
            'cipher_suite': 0x1301,
        }
        self.assertEqual(made['extensions']['tls'], expected)
        self.assertIn('http.response.trailers', made['extensions'])
        made['extensions']['tls']['client_cert_chain'].clear()
        again = scope(connection=[*TLS, '772', '4865', '', 'CN=me,O=x', pem + other], make=websocket_scope)
        self.assertEqual(again['extensions']['tls'], expected)

    def test_the_tls_extension_tells_that_there_is_no_good_certificate(self) -> None:
        made = scope(connection=[*TLS, '771', '49195', '', '', ''])['extensions']['tls']
        self.assertEqual((made['client_cert_chain'], made['client_cert_name'], made['client_cert_error']), ([], None, None))
        made = scope(connection=[*TLS, '771', '49195', 'certificate has expired', 'CN=x', ''])['extensions']['tls']
        self.assertEqual(made['client_cert_error'], 'certificate has expired')

    def test_without_tls_there_is_no_tls_extension(self) -> None:
        for make in (http_scope, websocket_scope):
            self.assertNotIn('tls', scope(connection=TLS, make=make)['extensions'])

    def test_tls_that_cannot_be_read_is_a_broken_frame(self) -> None:
        for parts in (['772'], ['x', '1', '', '', ''], ['772', '1', '', '', '', '']):
            with self.assertRaises(FrameError):
                scope(connection=[*TLS, *parts])

    def test_asgi_20_subprotocols_are_those_of_all_headers_in_order(self) -> None:
        name = 'sec-websocket-protocol'
        for headers, expected in (
            ([], []),
            ([name, 'chat'], ['chat']),
            ([name, 'chat, superchat,soap ,, x'], ['chat', 'superchat', 'soap', 'x']),
            ([name, 'b,a', 'host', 'c', name, 'd'], ['b', 'a', 'd']),
            ([name, ''], []),
        ):
            self.assertEqual(scope(headers=headers, make=websocket_scope)['subprotocols'], expected)

    def test_a_head_that_is_no_tuple_of_seven_is_a_broken_frame(self) -> None:
        for head in (b'', b'junk', marshal.dumps([1, 2]), marshal.dumps((1, 2, 3)), marshal.dumps((1,) * 8)):
            with self.assertRaises(FrameError):
                http_scope(head, '', None)


if __name__ == '__main__':
    unittest.main()

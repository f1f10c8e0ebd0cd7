import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fakeSiteRequest } from '../../../test/support/fake-site-request.ts';
import type { LocationMatch } from '../../plan/location-plan.ts';
import { VariableTable } from '../variables/variable-table.ts';
import { type LocationNode, LocationTree } from './location-tree.ts';

const context = new VariableTable({ servers: [], variables: [] });

/** A location as nginx.conf names it, and those inside of it. */
function node(
  text: string,
  inner: readonly LocationNode<string>[] = [],
  redirectsToSlash = false,
): LocationNode<string> {
  return { match: matchOf(text), location: text, inner: new LocationTree(inner, context), redirectsToSlash };
}

function matchOf(text: string): LocationMatch {
  const [, modifier = '', path = ''] = /^(=|\^~|~\*|~)? ?(.*)$/.exec(text) ?? [];
  if (modifier === '=') return { kind: 'exact', path };
  if (modifier.startsWith('~')) return { kind: 'regex', pattern: path, ignoreCase: modifier === '~*' };
  return { kind: 'prefix', path, isFinal: modifier === '^~' };
}

function finder(...nodes: (string | LocationNode<string>)[]): (uri: string) => string | undefined {
  const tree = new LocationTree(
    nodes.map((each) => (typeof each === 'string' ? node(each) : each)),
    context,
  );
  return (uri) => {
    const found = tree.find(uri, fakeSiteRequest('/').request);
    return found && (found.kind === 'slash' ? `${found.location} + /` : found.location);
  };
}

function assertFinds(
  find: (uri: string) => string | undefined,
  expected: Readonly<Record<string, string | undefined>>,
): void {
  for (const [uri, name] of Object.entries(expected)) assert.equal(find(uri), name, uri);
}

describe('LocationTree', () => {
  it('takes an exact location before a prefix', () => {
    assertFinds(finder('/eq', '= /eq'), { '/eq': '= /eq', '/eq/': '/eq', '/eqx': '/eq', '/': undefined });
  });

  it('takes a pattern before a prefix, unless the longest prefix is final', () => {
    const find = finder('^~ /pre/', '/pre/long', '~ \\.php$', '/');
    assertFinds(find, { '/pre/long.php': '~ \\.php$', '/pre/x.php': '^~ /pre/', '/a.php': '~ \\.php$', '/a': '/' });
  });

  it('takes the first pattern in the order of the config', () => {
    assertFinds(finder('~ ^/case', '~* \\.GIF$', '~ gif'), { '/casefull/t.gif': '~ ^/case', '/a.gif': '~* \\.GIF$' });
  });

  it('looks inside the longest prefix, then at the patterns around it', () => {
    const find = finder(node('/a/', [node('= /a/b'), node('/a/c/'), node('~ \\.x$')]), '~ \\.(x|y)$');
    assertFinds(find, {
      '/a/b': '= /a/b',
      '/a/c/d': '/a/c/',
      '/a/c/d.x': '~ \\.x$',
      '/a/c/d.y': '~ \\.(x|y)$',
      '/b.x': '~ \\.(x|y)$',
    });
  });

  it('looks inside a pattern that matches', () => {
    assertFinds(finder(node('~ ^/a', [node('/a/b'), node('~ c$')])), {
      '/a/b': '/a/b',
      '/a/c': '~ c$',
      '/a/d': '~ ^/a',
    });
  });

  it('sends a path to itself with a slash, where nothing is for it without', () => {
    const mounted = node('/wiki/', [], true);
    assertFinds(finder(mounted, '/'), { '/wiki': '/wiki/ + /', '/wiki/': '/wiki/', '/wikix': '/' });
    assertFinds(finder(mounted, '/wiki'), { '/wiki': '/wiki' });
    assertFinds(finder(mounted, '= /wiki'), { '/wiki': '= /wiki' });
  });

  it('compares bytes', () => {
    assertFinds(finder('/é/'), { '/\xc3\xa9/x': '/é/', '/\xe9/x': undefined });
  });

  it('keeps the groups of the pattern that matches', () => {
    const { request } = fakeSiteRequest('/');
    new LocationTree([node('~ ^/a/(b)/(c)?')], context).find('/a/b/', request);
    assert.deepEqual([...request.captures], ['/a/b/', 'b', undefined]);
  });
});

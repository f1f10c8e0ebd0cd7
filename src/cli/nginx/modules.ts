import { rulesByName } from '../../config/nginx/syntax/directives/table.ts';

/** Modules that nginx is built with where `--with-…` says so, in nginx's order, and a directive that only they have. */
const optional: readonly (readonly [module: string, directive: string])[] = [
  ['http_ssl_module', 'ssl_certificate'],
  ['http_v2_module', 'http2'],
  ['http_realip_module', 'set_real_ip_from'],
  ['http_addition_module', 'add_before_body'],
  ['http_xslt_module', 'xslt_stylesheet'],
  ['http_image_filter_module', 'image_filter'],
  ['http_geoip_module', 'geoip_country'],
  ['http_sub_module', 'sub_filter'],
  ['http_dav_module', 'dav_methods'],
  ['http_flv_module', 'flv'],
  ['http_mp4_module', 'mp4'],
  ['http_gunzip_module', 'gunzip'],
  ['http_gzip_static_module', 'gzip_static'],
  ['http_auth_request_module', 'auth_request'],
  ['http_random_index_module', 'random_index'],
  ['http_secure_link_module', 'secure_link'],
  ['http_slice_module', 'slice'],
  ['http_stub_status_module', 'stub_status'],
  ['http_perl_module', 'perl'],
  ['mail', 'mail'],
  ['stream', 'stream'],
];

/** Modules that nginx has unless `--without-…` says otherwise. */
const standard: readonly (readonly [module: string, directive: string])[] = [
  ['http_charset_module', 'charset'],
  ['http_gzip_module', 'gzip'],
  ['http_ssi_module', 'ssi'],
  ['http_userid_module', 'userid'],
  ['http_access_module', 'allow'],
  ['http_auth_basic_module', 'auth_basic'],
  ['http_mirror_module', 'mirror'],
  ['http_autoindex_module', 'autoindex'],
  ['http_geo_module', 'geo'],
  ['http_map_module', 'map'],
  ['http_split_clients_module', 'split_clients'],
  ['http_referer_module', 'valid_referers'],
  ['http_rewrite_module', 'rewrite'],
  ['http_proxy_module', 'proxy_pass'],
  ['http_fastcgi_module', 'fastcgi_pass'],
  ['http_uwsgi_module', 'uwsgi_pass'],
  ['http_scgi_module', 'scgi_pass'],
  ['http_grpc_module', 'grpc_pass'],
  ['http_memcached_module', 'memcached_pass'],
  ['http_limit_conn_module', 'limit_conn'],
  ['http_limit_req_module', 'limit_req'],
  ['http_empty_gif_module', 'empty_gif'],
  ['http_browser_module', 'ancient_browser'],
  ['http_upstream_hash_module', 'hash'],
  ['http_upstream_ip_hash_module', 'ip_hash'],
  ['http_upstream_least_conn_module', 'least_conn'],
  ['http_upstream_random_module', 'random'],
  ['http_upstream_keepalive_module', 'keepalive'],
  ['http_upstream_zone_module', 'zone'],
  ['http-cache', 'proxy_cache'],
];

/** Whether Galley has it, as the table of directives says. */
export function hasDirective(name: string): boolean {
  return (rulesByName.get(name) ?? []).some(({ support }) => support.kind === 'full');
}

/** nginx's configure arguments for the modules that are there and those that are not. */
export function moduleArguments(): string[] {
  const there = optional.filter(([, directive]) => hasDirective(directive));
  const missing = standard.filter(([, directive]) => !hasDirective(directive));
  return [...there.map(([module]) => `--with-${module}`), ...missing.map(([module]) => `--without-${module}`)];
}

import { testApp, testAppBlock } from './config-stage.ts';

/** What the folder of a config has beside it. The password of `ann` is `secret`. */
const files: Readonly<Record<string, string>> = {
  'index.html': `<h1>home</h1>${'<p>again</p>'.repeat(200)}`,
  'report.txt': 'the report',
  'sorry.html': 'sorry',
  users: 'ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n',
};

/** The languages of {@link siteIn}. */
export const languages = ['galley.config.ts', 'nginx.conf'] as const;

/** The files of one site, in either language: whatever is asked, the answers are to be the same. nginx has no port 0. */
export function siteIn(language: (typeof languages)[number], port: number): Readonly<Record<string, string>> {
  const text = language === 'nginx.conf' ? nginx(port) : typed(port);
  return { [language]: text, ...files };
}

function typed(port: number): string {
  return `
    import { type App, defineConfig } from 'galley';

    const points: App = ${JSON.stringify(testApp('points_asgi_app:app', { lifespan: 'on' }))};

    export default defineConfig({
      apps: {
        points,
        mounted: { ...points, rootPath: '/mounted' },
        flask: ${JSON.stringify(testApp('config_flask_app:app'))},
        shop: ${JSON.stringify(testApp('config_flask_app:app', { rootPath: '/shop' }))},
      },
      defaults: {
        accessLog: false,
        compression: { gzip: true, brotli: false, zstd: false, types: ['text/html', 'text/plain', 'text/event-stream'] },
        maxBodySize: '2k',
      },
      requestZones: { keys: { key: '$http_x_api_key', rate: '1/m' } },
      servers: [
        {
          listen: ['127.0.0.1:${port}'],
          files: '.',
          locations: [
            { path: '/points/', app: 'points' },
            { path: '/mounted/', app: 'mounted' },
            { path: '/shop/', app: 'shop' },
            { path: '/flask/', app: 'flask', rules: [{ rewrite: '^/flask(/.*)$', to: '$1', flag: 'break' }] },
            { path: '/large/', app: 'flask', maxBodySize: 0, rules: [{ rewrite: '^/large(/.*)$', to: '$1', flag: 'break' }] },
            { path: '/private/', files: '.', internal: true },
            { path: '= /old', redirect: { to: '/points/scope?moved=1', status: 301 } },
            { path: '= /hello', respond: { status: 200, text: 'hello $arg_name' } },
            { path: '= /limited', files: './report.txt', rateLimit: { zone: 'keys', burst: 2 } },
            { path: '= /secret', files: './report.txt', basicAuth: { realm: 'reports', userFile: './users' } },
            { path: '= /mail', errorPages: { 404: '/sorry.html' }, tryFiles: ['/nothing', '=404'] },
            { path: '/asked/', errorPages: { 413: '/error-page' }, maxBodySize: 10, app: 'points' },
            { path: '= /error-page', app: 'flask', rules: [{ rewrite: '.*', to: '/environ', flag: 'break' }] },
          ],
        },
        {
          listen: ['127.0.0.1:${port}'],
          hosts: ['proxied.test'],
          realIp: { from: ['127.0.0.1'], header: 'X-Real-IP' },
          locations: [{ path: '/', app: 'points' }],
        },
      ],
    });
  `;
}

function nginx(port: number): string {
  return `
    daemon off;
    events {}
    ${testAppBlock('points', 'points_asgi_app:app', 'lifespan on;')}
    ${testAppBlock('mounted', 'points_asgi_app:app', 'lifespan on; root_path /mounted;')}
    ${testAppBlock('flask', 'config_flask_app:app')}
    ${testAppBlock('shop', 'config_flask_app:app', 'root_path /shop;')}
    http {
      types { text/html html; text/plain txt; }
      access_log off;
      gzip on;
      gzip_vary on;
      gzip_min_length 1k;
      gzip_proxied any;
      gzip_types text/plain text/event-stream;
      client_max_body_size 2k;
      limit_req_zone $http_x_api_key zone=keys:1m rate=1r/m;
      limit_req_status 429;
      absolute_redirect off;
      server {
        listen 127.0.0.1:${port};
        root .;
        location /points/ { app_pass points; }
        location /mounted/ { app_pass mounted; }
        location /shop/ { app_pass shop; }
        location /flask/ { rewrite ^/flask(/.*)$ $1 break; app_pass flask; }
        location /large/ { rewrite ^/large(/.*)$ $1 break; client_max_body_size 0; app_pass flask; }
        location /private/ { internal; alias ./; }
        location = /old { return 301 /points/scope?moved=1; }
        location = /hello { default_type text/plain; return 200 "hello $arg_name"; }
        location = /limited { alias report.txt; limit_req zone=keys burst=2 nodelay; }
        location = /secret { alias report.txt; auth_basic reports; auth_basic_user_file users; }
        location = /mail { error_page 404 /sorry.html; try_files /nothing =404; }
        location /asked/ { error_page 413 /error-page; client_max_body_size 10; app_pass points; }
        location = /error-page { rewrite .* /environ break; app_pass flask; }
      }
      server {
        listen 127.0.0.1:${port};
        server_name proxied.test;
        set_real_ip_from 127.0.0.1;
        real_ip_header X-Real-IP;
        location / { app_pass points; }
      }
    }
  `;
}

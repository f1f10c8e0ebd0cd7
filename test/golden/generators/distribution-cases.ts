import type { GeneratorCase } from './generator-case.ts';

const siteApp = `
def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/fails":
        start_response("502 Bad Gateway", [])
        return []
    if path == "/download":
        start_response("200 OK", [("X-Accel-Redirect", "/protected/guide.html")])
        return []
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("%s?%s" % (path, environ["QUERY_STRING"])).encode()]
`;

/** Configs of distributions, images, baselines and frameworks. */
export const distributionCases: readonly GeneratorCase[] = [
  {
    name: "Debian's stock config",
    layers: ['debian'],
    roots: ['var/www/html'],
    missing: {},
    requests: [
      ['/ | Accept-Encoding: gzip', '200 | content-encoding: gzip | content-type: text/html'],
      ['/about.html', '200 | content-type: text/html'],
      ['/docs', '301 | location: http://localhost/docs/'],
      ['/docs/', '200 | content-type: text/html'],
      ['/css/site.css | Accept-Encoding: gzip', '200 | content-type: text/css'],
      ['/img/photo.jpg', '200 | content-type: image/jpeg'],
      ['/nothing', '404'],
      ['/.htaccess', '200 | content-type: application/octet-stream'],
      ['HEAD /', '200 | content-type: text/html'],
      ['/index.html | Range: bytes=0-9', '206 | content-range: bytes 0-9/2052 | content-type: text/html'],
      ['POST /about.html', '405'],
      ['/ HTTP/1.0 | Host: any.example', '200 | content-type: text/html'],
    ],
  },
  {
    name: 'the official image for Docker',
    layers: ['docker'],
    roots: ['usr/share/nginx/html'],
    missing: {},
    requests: [
      ['/', '200 | content-type: text/html'],
      ['/index.html', '200 | content-type: text/html'],
      ['/docs', '301 | location: http://localhost/docs/'],
      ['/docs/guide.html', '200 | content-type: text/html'],
      ['/50x.html', '200 | content-type: text/html'],
      ['/nothing', '404'],
      ['/robots.txt', '200 | content-type: text/plain'],
      ['/js/app.js', '200 | content-type: application/javascript'],
      ['DELETE /index.html', '405'],
      ['/%2e%2e/secret', '400'],
    ],
  },
  {
    name: 'static files in Kubernetes',
    layers: ['kubernetes'],
    roots: ['usr/share/nginx/html'],
    missing: {},
    requests: [
      ['/healthz', '200 | content-type: text/plain'],
      ['/ | Accept-Encoding: gzip', '200 | cache-control: no-cache | content-encoding: gzip | content-type: text/html'],
      ['/some/page', '200 | cache-control: no-cache | content-type: text/html'],
      [
        '/assets/app-3f9c.js',
        '200 | cache-control: public, max-age=31536000, immutable | content-type: application/javascript',
      ],
      ['/assets/nothing.js', '404'],
      ['/docs', '301 | cache-control: no-cache | location: /docs/'],
      ['/status | X-Forwarded-For: 192.0.2.1', '200 | content-type: text/plain'],
      ['/docs/', '200 | cache-control: no-cache | content-type: text/html'],
      ['HEAD /healthz', '200 | content-type: text/plain'],
    ],
  },
  {
    name: 'a single-page app',
    layers: ['spa'],
    roots: ['srv/app/build'],
    missing: {},
    requests: [
      ['/ | Host: app.example.com', '200 | cache-control: no-cache | content-type: text/html'],
      ['/about | Host: app.example.com', '200 | cache-control: no-cache | content-type: text/html'],
      ['/no/such/page | Host: app.example.com', '200 | cache-control: no-cache | content-type: text/html'],
      [
        '/css/site.css | Host: app.example.com | Accept-Encoding: gzip',
        '200 | cache-control: max-age=315360000 | content-encoding: gzip | content-type: text/css',
      ],
      ['/img/photo.jpg | Host: app.example.com', '200 | cache-control: max-age=604800 | content-type: image/jpeg'],
      [
        '/_app/immutable/start.3f9c.js | Host: app.example.com',
        '200 | cache-control: max-age=315360000 | cache-control: public, immutable | content-type: application/javascript',
      ],
      ['/_app/immutable/nothing.js | Host: app.example.com', '404'],
      ['/_app/immutable/start.3f9c.js.map | Host: app.example.com', '403'],
      [
        '/service-worker.js | Host: app.example.com',
        '200 | cache-control: no-store | content-type: application/javascript',
      ],
      ['/404.html | Host: app.example.com', '404'],
      ['/data/list.json | Host: app.example.com', '200 | content-type: application/json'],
      ['/x?y=1 | Host: www.app.example.com', '301 | location: http://app.example.com/x?y=1'],
      ['/ | Host: other.example', '0'],
    ],
  },
  {
    name: 'files and a Rails app',
    layers: ['rails'],
    roots: ['srv/app/public'],
    missing: {},
    requests: [
      ['/', '200 | content-type: text/html'],
      ['/about', '200 | content-type: text/html'],
      ['/docs', '200 | content-type: text/html'],
      [
        '/assets/app-3f9c.js | Accept-Encoding: gzip',
        '200 | cache-control: max-age=315360000 | cache-control: public | content-type: application/javascript',
      ],
      ['/assets/nothing.js', '404'],
      ['/products/7', '200 | content-type: text/plain'],
      ['/robots.txt', '200 | content-type: text/plain'],
      ['/css/site.css | Accept-Encoding: gzip', '200 | content-encoding: gzip | content-type: text/css'],
      ['/500.html', '200 | content-type: text/html'],
      ['/favicon.ico', '200 | content-type: image/x-icon'],
    ],
  },
  {
    name: 'what certbot edited',
    layers: ['certbot'],
    roots: ['var/www/example.com'],
    missing: {},
    requests: [
      ['/x?y=1 | Host: example.com', '301 | location: https://example.com/x?y=1'],
      ['/ | Host: www.example.com', '301 | location: https://www.example.com/'],
      ['/ | Host: other.example', '404'],
      [':443 / | Host: example.com', '200 | content-type: text/html'],
      [':443 /nothing | Host: www.example.com', '404'],
      [':443 /docs | Host: example.com', '301 | location: https://example.com/docs/'],
    ],
  },
  {
    name: "Mozilla's generator, intermediate",
    layers: ['mozilla-intermediate'],
    roots: [],
    missing: {},
    requests: [
      ['/a?b=1 | Host: example.com', '301 | location: https://example.com/a?b=1'],
      ['/ HTTP/1.0 | -Host', '301 | location: https:///'],
      ['HEAD / | Host: example.com', '301 | location: https://example.com/'],
      [':443 / | Host: example.com', '404 | strict-transport-security: max-age=63072000'],
      ['/%0d%0a | Host: example.com', '301 | location: https://example.com/%0d%0a'],
    ],
  },
  {
    name: "Mozilla's generator, modern",
    layers: ['mozilla-modern'],
    roots: [],
    missing: {},
    requests: [
      ['/a?b=1 | Host: example.com', '301 | location: https://example.com/a?b=1'],
      ['/ HTTP/1.0 | -Host', '301 | location: https:///'],
      ['HEAD / | Host: example.com', '301 | location: https://example.com/'],
      [':443 / | Host: example.com', '404 | strict-transport-security: max-age=63072000'],
      ['/%0d%0a | Host: example.com', '301 | location: https://example.com/%0d%0a'],
    ],
  },
  {
    name: 'Django behind Gunicorn',
    layers: ['django-gunicorn'],
    roots: ['var/www/example.com'],
    missing: {},
    requests: [
      ['/ | Host: example.com', '200 | content-type: text/plain'],
      [
        '/static/admin.css | Host: example.com',
        '200 | cache-control: max-age=2592000 | cache-control: public | content-type: text/css',
      ],
      ['/static/nothing.css | Host: example.com', '404'],
      ['/media/photo.jpg | Host: www.example.com', '200 | content-type: image/jpeg'],
      ['/protected/guide.html | Host: example.com', '404'],
      ['/about.html | Host: example.com', '200 | content-type: text/plain'],
      ['/polls/1/ | Host: example.com', '200 | content-type: text/plain'],
      ['/favicon.ico | Host: example.com', '404'],
      ['/static | Host: example.com', '200 | content-type: text/plain'],
      ['/static../secret | Host: example.com', '200 | content-type: text/plain'],
      ['/ | Host: other.example', '0'],
    ],
  },
  {
    name: 'Django in Galley',
    layers: ['django-app-pass'],
    roots: ['var/www/example.com'],
    missing: {},
    isOwn: true,
    prepare: (root) => root.write('var/www/example.com/site_app.py', siteApp),
    requests: [
      ['/polls/1/?a=b | Host: example.com', '200 | content-type: text/plain'],
      [
        '/static/admin.css | Host: example.com',
        '200 | cache-control: max-age=2592000 | cache-control: public | content-type: text/css',
      ],
      ['/download | Host: example.com', '200 | content-type: text/html'],
      ['/protected/guide.html | Host: example.com', '404'],
      ['/fails | Host: example.com', '502'],
      ['/ | Host: other.example', '0'],
    ],
  },
  {
    name: "LinuxServer's proxy confs",
    layers: ['linuxserver'],
    roots: ['var/www/html'],
    missing: {
      FastCGI: ['fastcgi_index', 'fastcgi_param', 'fastcgi_pass', 'fastcgi_split_path_info'],
    },
    requests: [
      ['/x | Host: media.example.com', '301 | location: https://media.example.com/x'],
      [':443 / | Host: media.example.com', '200 | content-type: text/html | x-frame-options: SAMEORIGIN'],
      [
        ':443 /films | Host: media.example.com',
        '301 | location: https://media.example.com/films/ | x-frame-options: SAMEORIGIN',
      ],
      [':443 /films/1 | Host: media.example.com', '200 | content-type: text/plain | x-frame-options: SAMEORIGIN'],
      [':443 /films/api/x | Host: media.example.com', '200 | content-type: text/plain | x-frame-options: SAMEORIGIN'],
      [':443 /index.php | Host: media.example.com', '200 | content-type: image/gif | x-frame-options: SAMEORIGIN'],
      [':443 /index.php/more | Host: media.example.com', '404 | x-frame-options: SAMEORIGIN'],
      [':443 /none.php | Host: media.example.com', '404 | x-frame-options: SAMEORIGIN'],
      [':443 /no/such/page | Host: media.example.com', '200 | content-type: text/html | x-frame-options: SAMEORIGIN'],
      [':443 /.htaccess | Host: media.example.com', '403 | x-frame-options: SAMEORIGIN'],
      [':443 /x | Host: cloud.example.com', '200 | content-type: text/plain | x-frame-options: SAMEORIGIN'],
    ],
  },
  {
    name: "h5bp's base",
    layers: ['h5bp'],
    roots: ['var/www/example.com/public'],
    missing: {},
    requests: [
      [
        '/ | Host: example.com | Accept-Encoding: gzip',
        '200 | cache-control: max-age=0 | cache-control: private, must-revalidate | content-encoding: gzip | content-type: text/html; charset=utf-8 | referrer-policy: strict-origin-when-cross-origin | x-frame-options: DENY',
      ],
      [
        '/css/site.css | Host: example.com | Accept-Encoding: gzip',
        '200 | cache-control: max-age=31536000 | cache-control: public, immutable, stale-while-revalidate | content-encoding: gzip | content-type: text/css; charset=utf-8 | referrer-policy: strict-origin-when-cross-origin',
      ],
      [
        '/css/site.4f2a.css | Host: example.com',
        '200 | cache-control: max-age=31536000 | cache-control: public, immutable, stale-while-revalidate | content-type: text/css; charset=utf-8 | referrer-policy: strict-origin-when-cross-origin',
      ],
      [
        '/js/app.js | Host: example.com',
        '200 | cache-control: max-age=31536000 | cache-control: public, immutable, stale-while-revalidate | content-type: text/javascript; charset=utf-8 | referrer-policy: strict-origin-when-cross-origin',
      ],
      [
        '/data/list.json | Host: example.com',
        '200 | cache-control: max-age=0 | cache-control: no-cache | content-type: application/json; charset=utf-8',
      ],
      [
        '/fonts/text.woff2 | Host: example.com',
        '200 | access-control-allow-origin: * | cache-control: max-age=31536000 | cache-control: public, immutable, stale-while-revalidate | content-type: font/woff2',
      ],
      [
        '/img/logo.svg | Host: example.com',
        '200 | access-control-allow-origin: * | cache-control: max-age=31536000 | cache-control: public, immutable, stale-while-revalidate | content-type: image/svg+xml | referrer-policy: strict-origin-when-cross-origin',
      ],
      [
        '/site.webmanifest | Host: example.com',
        '200 | cache-control: max-age=604800 | cache-control: public | content-type: application/manifest+json; charset=utf-8',
      ],
      [
        '/nothing | Host: example.com',
        '404 | referrer-policy: strict-origin-when-cross-origin | x-frame-options: DENY',
      ],
      [
        '/.env | Host: example.com | Accept: text/html',
        '403 | referrer-policy: strict-origin-when-cross-origin | x-frame-options: DENY',
      ],
      [
        '/.git/config | Host: example.com | Accept: text/html',
        '403 | referrer-policy: strict-origin-when-cross-origin | x-frame-options: DENY',
      ],
      [
        '/.well-known/security.txt | Host: example.com',
        '200 | cache-control: max-age=31536000 | cache-control: public, immutable, stale-while-revalidate | content-type: text/plain; charset=utf-8',
      ],
      [
        '/data/dump.sql | Host: example.com | Accept: text/html',
        '403 | referrer-policy: strict-origin-when-cross-origin | x-frame-options: DENY',
      ],
      [
        '/data/page.html~ | Host: example.com | Accept: text/html',
        '403 | referrer-policy: strict-origin-when-cross-origin | x-frame-options: DENY',
      ],
      [
        '/img/photo.jpg | Host: example.com',
        '200 | access-control-allow-origin: * | cache-control: max-age=31536000 | cache-control: public, immutable, stale-while-revalidate | content-type: image/jpeg',
      ],
      [
        '/a?b=c | Host: www.example.com | Accept: text/html',
        '301 | cache-control: max-age=0 | location: http://example.com/a?b=c',
      ],
      ['/ | Host: other.example', '0'],
    ],
  },
];

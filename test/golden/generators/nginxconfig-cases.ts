import type { GeneratorCase } from './generator-case.ts';

/** What a generator of configs for common programs writes, one site each. */
export const nginxconfigCases: readonly GeneratorCase[] = [
  {
    name: 'nginxconfig: static',
    layers: ['nginxconfig', 'nginxconfig-static'],
    roots: ['var/www/example.com/public'],
    missing: {},
    requests: [
      [
        '/ | Host: example.com',
        '200 | content-type: text/html; charset=utf-8 | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        '/no/such | Host: example.com',
        '200 | content-type: text/html; charset=utf-8 | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        '/css/site.css | Host: example.com | Accept-Encoding: gzip',
        '200 | cache-control: max-age=604800 | content-encoding: gzip | content-type: text/css | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        '/img/logo.svg | Host: example.com',
        '200 | access-control-allow-origin: * | cache-control: max-age=604800 | content-type: image/svg+xml',
      ],
      [
        '/fonts/text.woff2 | Host: example.com',
        '200 | access-control-allow-origin: * | cache-control: max-age=604800 | content-type: font/woff2',
      ],
      ['/.env | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      ['/.git/config | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [
        '/.well-known/security.txt | Host: example.com',
        '200 | content-type: text/plain; charset=utf-8 | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        '/favicon.ico | Host: example.com',
        '200 | content-type: image/x-icon | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        '/robots.txt | Host: example.com',
        '200 | content-type: text/plain; charset=utf-8 | referrer-policy: no-referrer-when-downgrade',
      ],
      ['/nothing.png | Host: example.com', '404 | referrer-policy: no-referrer-when-downgrade'],
      [
        '/css/site.css | Host: cdn.example.com',
        '200 | access-control-allow-origin: * | cache-control: max-age=2592000 | cache-control: public | content-type: text/css',
      ],
      ['/index.html | Host: cdn.example.com', '403'],
      ['/a?b=c | Host: www.example.com', '301 | location: http://example.com/a?b=c'],
    ],
  },
  {
    name: 'nginxconfig: FastAPI',
    layers: ['nginxconfig', 'nginxconfig-fastapi'],
    roots: ['var/www/example.com/public'],
    missing: {},
    requests: [
      [
        '/items/1 | Host: api.example.com',
        '200 | content-type: text/plain; charset=utf-8 | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        '/items/1 | Host: api.example.com | Forwarded: for=192.0.2.1;proto=https',
        '200 | content-type: text/plain; charset=utf-8 | referrer-policy: no-referrer-when-downgrade',
      ],
      ['/.env | Host: api.example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [
        '/docs | Host: api.example.com',
        '200 | content-type: text/plain; charset=utf-8 | referrer-policy: no-referrer-when-downgrade',
      ],
      ['/nothing.css | Host: api.example.com', '404 | referrer-policy: no-referrer-when-downgrade'],
      [
        '/openapi.json | Host: api.example.com',
        '200 | content-type: text/plain; charset=utf-8 | referrer-policy: no-referrer-when-downgrade',
      ],
    ],
  },
  {
    name: 'nginxconfig: Django',
    layers: ['nginxconfig', 'nginxconfig-django'],
    roots: ['var/www/example.com', 'var/www/_letsencrypt'],
    missing: {
      'the uwsgi protocol': ['uwsgi_param', 'uwsgi_pass'],
    },
    requests: [
      ['/.well-known/acme-challenge/token | Host: example.com', '200 | content-type: application/octet-stream'],
      ['/x?y=1 | Host: www.example.com', '301 | location: https://example.com/x?y=1'],
      [
        ':443 /admin/ | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [':443 /static/admin.css | Host: example.com', '404 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /media/photo.jpg | Host: example.com', '404 | referrer-policy: no-referrer-when-downgrade'],
      [
        ':443 /static/frontend/list.csv | Host: example.com',
        '200 | content-type: application/octet-stream | referrer-policy: no-referrer-when-downgrade',
      ],
      [':443 /.env | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /favicon.ico | Host: example.com', '404 | referrer-policy: no-referrer-when-downgrade'],
    ],
  },
  {
    name: 'nginxconfig: WordPress',
    layers: ['nginxconfig', 'nginxconfig-wordpress'],
    roots: ['var/www/example.com/public'],
    missing: {
      FastCGI: ['fastcgi_buffer_size', 'fastcgi_buffers', 'fastcgi_index', 'fastcgi_param', 'fastcgi_pass'],
    },
    requests: [
      ['/ | Host: example.com', '301 | location: https://example.com/'],
      [':443 / | Host: example.com', '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade'],
      [
        ':443 /about | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [':443 /nothing.php | Host: example.com', '404 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /wp-config.php | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /readme.html | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /wp-content/uploads/shell.php | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /wp-content/uploads/page.html | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [
        ':443 /wp-content/uploads/photo.jpg | Host: example.com',
        '200 | cache-control: max-age=604800 | content-type: image/jpeg | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        ':443 /wp-content/plugins/x/readme.txt | Host: example.com',
        '403 | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        ':443 /wp-login.php | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        ':443 /wp-login.php | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        ':443 /wp-login.php | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [':443 /wp-login.php | Host: example.com', '503 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /x | Host: www.example.com', '301 | location: https://example.com/x'],
    ],
  },
  {
    name: 'nginxconfig: Drupal',
    layers: ['nginxconfig', 'nginxconfig-drupal'],
    roots: ['var/www/example.com/public'],
    missing: {
      FastCGI: ['fastcgi_buffer_size', 'fastcgi_buffers', 'fastcgi_index', 'fastcgi_param', 'fastcgi_pass'],
    },
    requests: [
      [
        ':443 /node/1?q=2 | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        ':443 /sites/default/files/private/list.txt | Host: example.com',
        '403 | referrer-policy: no-referrer-when-downgrade',
      ],
      [':443 /sites/default/files/shell.php | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /core/core.services.yml | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [
        ':443 /composer.json | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        ':443 /user/login | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        ':443 /css/site.css | Host: example.com',
        '200 | cache-control: max-age=604800 | content-type: text/css | referrer-policy: no-referrer-when-downgrade',
      ],
      [':443 /.htaccess | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [
        ':443 /index.php | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
    ],
  },
  {
    name: 'nginxconfig: Joomla',
    layers: ['nginxconfig', 'nginxconfig-joomla'],
    roots: ['var/www/example.com/public'],
    missing: {
      FastCGI: ['fastcgi_buffer_size', 'fastcgi_buffers', 'fastcgi_index', 'fastcgi_param', 'fastcgi_pass'],
    },
    requests: [
      [':443 /images/shell.php | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /IMAGES/x/shell.PHP | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /images/photo.jpg | Host: example.com', '404 | referrer-policy: no-referrer-when-downgrade'],
      [
        ':443 /index.php | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        ':443 /a/b?c=d | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        ':443 /js/app.js | Host: example.com',
        '200 | cache-control: max-age=604800 | content-type: application/javascript; charset=utf-8 | referrer-policy: no-referrer-when-downgrade',
      ],
    ],
  },
  {
    name: 'nginxconfig: Magento',
    layers: ['nginxconfig', 'nginxconfig-magento'],
    roots: ['var/www/example.com/public'],
    missing: {
      FastCGI: ['fastcgi_buffer_size', 'fastcgi_buffers', 'fastcgi_index', 'fastcgi_param', 'fastcgi_pass'],
    },
    requests: [
      [':443 / | Host: example.com', '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade'],
      [
        ':443 /catalog/1 | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
      [
        ':443 /static/frontend/site.css | Host: example.com',
        '200 | cache-control: max-age=31536000 | cache-control: public | content-type: text/css | x-frame-options: SAMEORIGIN',
      ],
      [
        ':443 /static/version7/frontend/site.css | Host: example.com',
        '200 | cache-control: max-age=31536000 | cache-control: public | content-type: text/css | x-frame-options: SAMEORIGIN',
      ],
      [':443 /static/nothing.css | Host: example.com', '404 | referrer-policy: no-referrer-when-downgrade'],
      [
        ':443 /static/frontend/list.csv | Host: example.com',
        '200 | cache-control: no-store | content-type: application/octet-stream',
      ],
      [
        ':443 /media/photo.jpg | Host: example.com',
        '200 | cache-control: max-age=31536000 | cache-control: public | content-type: image/jpeg',
      ],
      [':443 /media/customer/letter.txt | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [
        ':443 /media/theme_customization/a.xml | Host: example.com',
        '403 | referrer-policy: no-referrer-when-downgrade',
      ],
      [':443 /setup/index.php | Host: example.com', '404 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /setup/src/x | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [':443 /wp-login.php | Host: example.com', '403 | referrer-policy: no-referrer-when-downgrade'],
      [
        ':443 /index.php | Host: example.com',
        '200 | content-type: image/gif | referrer-policy: no-referrer-when-downgrade',
      ],
    ],
  },
];

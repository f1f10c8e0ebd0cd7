import { nginxVersion } from '../../core/nginx-version.ts';
import { version } from '../../server/version.ts';
import { hasDirective, moduleArguments } from './modules.ts';
import { debianPaths } from './paths.ts';

/**
 * The line of `-v`. Programs look for `nginx version: nginx/` and a number; what follows in parentheses is where nginx names a build
 * (`nginx/1.22.1 (Ubuntu)`).
 */
export const versionLine: string = `nginx version: nginx/${nginxVersion} (galley ${version})\n`;

/** What `-V` shows, in nginx's format; certbot and others look for modules in it. */
export function configureText(): string {
  const { node, openssl } = process.versions;
  const paths = [
    `--prefix=${debianPaths.prefix}`,
    `--conf-path=${debianPaths.configFile}`,
    `--http-log-path=${debianPaths.accessLog}`,
    `--error-log-path=${debianPaths.errorLog}`,
    `--pid-path=${debianPaths.pidFile}`,
  ];
  const tls = hasDirective('ssl_certificate') ? `built with OpenSSL ${openssl}\nTLS SNI support enabled\n` : '';
  return `built by Node.js ${node}\n${tls}configure arguments: ${[...paths, ...moduleArguments()].join(' ')}\n`;
}

/** What `-h` shows. */
export const usageText: string = `Usage: nginx [-?hvVtTq] [-s signal] [-p prefix]
             [-e filename] [-c filename] [-g directives]

Options:
  -?,-h         : this help
  -v            : show version and exit
  -V            : show version and configure options then exit
  -t            : test configuration and exit
  -T            : test configuration, dump it and exit
  -q            : suppress non-error messages during configuration testing
  -s signal     : send signal to a master process: stop, quit, reopen, reload
  -p prefix     : set prefix path (default: ${debianPaths.prefix}/)
  -e filename   : set error log file (default: ${debianPaths.errorLog})
  -c filename   : set configuration file (default: ${debianPaths.configFile})
  -g directives : set global directives out of configuration file

`;

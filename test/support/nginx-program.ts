// `galley nginx` with a server that does no more than listen where the config says: what the command line does around it.
import { createServer } from 'node:net';
import { type NginxServeRequest, runNginx } from '../../src/cli/nginx/run-nginx.ts';
import { listenToNginxSignals } from '../../src/cli/nginx/signals.ts';
import { ErrorLog } from '../../src/observe/error-log.ts';
import { LogFiles } from '../../src/observe/log-files.ts';
import { createNginxLog } from '../../src/observe/nginx-log.ts';

async function serve({ config, isDaemon, pidFile, say, serving }: NginxServeRequest): Promise<number> {
  const files = new LogFiles((problem) => say('alert', problem));
  const log = createNginxLog(new ErrorLog(config.process.errorLogs ?? [], files, () => new Date()));
  const bind = config.servers[0]?.listen[0]?.bind;
  if (bind?.kind !== 'tcp') return 1;
  const server = createServer((socket) => socket.end());
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const failed = await new Promise<Error | undefined>((resolve) => {
    server.on('error', resolve).listen(bind.port, bind.host, () => resolve(undefined));
  });
  if (failed) {
    say('emerg', `bind() to ${bind.host}:${bind.port} failed`);
    return 1;
  }
  const end = listenToNginxSignals(
    {
      stopNow: stop,
      stopGracefully: stop,
      reload: () => {},
      reopenLogs: () => files.reopen(),
      upgrade: () => {},
      drainWorkers: () => {},
    },
    log,
    isDaemon,
  );
  log.info('it serves', { text: 'and\nmore' });
  serving();
  await stopped;
  end();
  pidFile.remove();
  await files.close();
  return 0;
}

process.exit(await runNginx(process.argv.slice(3), serve));

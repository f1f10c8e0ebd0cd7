import type { LogThreshold } from '../observe/log.ts';
import { LogFiles } from '../observe/log-files.ts';
import type { ServeOptions } from '../server/options.ts';
import { createOwnLog } from '../server/own-log.ts';
import type { RunningServer } from '../server/running-server.ts';
import { startServer } from '../server/start.ts';
import { banner } from './banner.ts';
import { Ending } from './ending.ts';
import { listenToSignals } from './server-signals.ts';
import { startFailureText } from './start-failure.ts';
import { terminalWatch } from './terminal-watch.ts';

/** Serves until it is told to stop. Gives the exit code: 0 after an orderly stop, 1 where it could not start, could not go on, or was stopped at once. */
export async function run(options: ServeOptions): Promise<number> {
  const threshold: LogThreshold = { level: options.logLevel };
  const files = new LogFiles((problem) => log.error(problem));
  const log = createOwnLog(options.errorLogs, files, threshold);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  const isTerminalGone = terminalWatch();
  const ending = new Ending(log);
  ending.listen();
  let server: RunningServer;
  try {
    const started = startServer(options, { log, threshold, askStop: (why, exitCode) => ending.ask(why, exitCode) });
    listenToSignals(started, log, {
      hangup() {
        if (!isTerminalGone()) return false;
        ending.ask('SIGHUP', 0);
        return true;
      },
      replaced: (pid) => ending.replaced(pid),
      reopenLogs: () => files.reopen(),
    });
    const first = await Promise.race([started, ending.asked]);
    if ('why' in first) {
      started.then((late) => late.end(0)).catch(() => {});
      return 1;
    }
    server = first;
  } catch (error) {
    const text = startFailureText(error, options.title);
    if (text === undefined) throw error;
    process.stderr.write(text);
    return 1;
  }
  if (options.logLevel === 'info' || options.logLevel === 'debug') {
    process.stderr.write(banner(options, server, performance.now()));
  }
  return ending.end(server, options.gracefulTimeoutMs);
}

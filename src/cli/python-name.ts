import type { LoadedApp } from '../app/supervision/zygote.ts';

const gilNotes: Readonly<Record<LoadedApp['gil'], string>> = {
  always: '',
  on: ', free-threaded but with the GIL on',
  off: ', free-threaded',
};

/** An interpreter as people name it, such as `CPython 3.12.1`. */
export function pythonName({ implementation, python, gil }: LoadedApp): string {
  return `${implementation} ${python}${gilNotes[gil]}`;
}

const words =
  `the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you
were her all she there would their we him been has when who will more no if out so said what up its about into than them can only other
new some could time these two may then do first any my now such like our over man me even most made after also did many before must
through back years where much your way well down should because each just those people how too little state good very make world still
own see men work long get here between both life being under never day same another know while last might us great old year off come
since against go came right used take three kitchen galley ship harbour cook bread kettle cargo voyage captain lantern anchor season
order price delivery basket account review`.split(/\s+/);

const end = '</body></html>\n';
const bodySize = 100 * 1024 - end.length;

/** A page of 100 KB in HTML, the same each time: prose and a table, words as unevenly frequent as in a language. ASCII, without `"` and `$`. */
export function htmlPage(): string {
  let seed = 42;
  const random = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const word = (): string => words[Math.floor(words.length * random() ** 2)] ?? '';
  const phrase = (length: number): string => Array.from({ length }, word).join(' ');
  const paragraph = (): string =>
    `<p class='text'>${Array.from({ length: 6 }, () => `${phrase(12)}, ${phrase(5)}.`).join(' ')}</p>\n`;
  const row = (): string => {
    const number = Math.floor(random() * 1e6);
    return `<tr id='row-${number}'><td><a href='/products/${number}'>${phrase(3)}</a></td><td>${(random() * 100).toFixed(2)}</td></tr>\n`;
  };
  let text = "<!doctype html>\n<html lang='en'>\n<head><title>Orders</title></head>\n<body>\n";
  while (text.length < bodySize) text += `${paragraph()}<table>\n${row()}${row()}${row()}</table>\n`;
  return `${text.slice(0, bodySize)}${end}`;
}

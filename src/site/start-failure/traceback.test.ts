import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTraceback } from './traceback.ts';

describe('parseTraceback', () => {
  it('gives the frames in order and the exception, the first line of its message', () => {
    const text = `Traceback (most recent call last):
  File "/srv/main.py", line 3, in <module>
    brew()
    ~~~~^^
  File "/srv/kettle.py", line 12, in brew
    raise RuntimeError("cold\\nvery")
RuntimeError: cold
very
`;
    assert.deepEqual(parseTraceback(text), {
      exception: 'RuntimeError: cold',
      frames: [
        { file: '/srv/main.py', line: 3 },
        { file: '/srv/kettle.py', line: 12 },
      ],
    });
  });

  it('gives the place and the message of a syntax error', () => {
    const text = '  File "/srv/main.py", line 2\n    def app(:\n            ^\nSyntaxError: invalid syntax\n';
    assert.deepEqual(parseTraceback(text), {
      exception: 'SyntaxError: invalid syntax',
      frames: [{ file: '/srv/main.py', line: 2 }],
    });
  });

  it('is not misled by a message whose lines look like frames', () => {
    const text = `Traceback (most recent call last):
  File "/srv/main.py", line 3, in <module>
    raise TemplateError(text)
TemplateError: the template failed
  File "/x.html", line 1
and so on
`;
    assert.deepEqual(parseTraceback(text), {
      exception: 'TemplateError: the template failed',
      frames: [{ file: '/srv/main.py', line: 3 }],
    });
  });

  it('takes the last of chained exceptions also where it has no frames', () => {
    const text = `Traceback (most recent call last):
  File "/srv/main.py", line 2, in <module>
    import kettle
ModuleNotFoundError: No module named 'kettle'

During handling of the above exception, another exception occurred:

  File "/srv/tea.py", line 1
    def
       ^
SyntaxError: invalid syntax
`;
    const { exception, frames } = parseTraceback(text);
    assert.equal(exception, 'SyntaxError: invalid syntax');
    assert.deepEqual(frames.at(-1), { file: '/srv/tea.py', line: 1 });
  });

  it('takes the last of chained exceptions', () => {
    const text = `Traceback (most recent call last):
  File "/srv/main.py", line 2, in <module>
    import kettle
ModuleNotFoundError: No module named 'kettle'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/srv/main.py", line 4, in <module>
    raise LookupError("it needs a kettle") from error
LookupError: it needs a kettle
`;
    const { exception, frames } = parseTraceback(text);
    assert.equal(exception, 'LookupError: it needs a kettle');
    assert.equal(frames.at(-1)?.line, 4);
  });

  it('reads what is inside an exception group', () => {
    const text = `  + Exception Group Traceback (most recent call last):
  |   File "/srv/main.py", line 2, in lifespan
  |     raise ExceptionGroup("startup", errors)
  | ExceptionGroup: startup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/main.py", line 9, in connect
    |     raise ValueError("no database")
    | ValueError: no database
    +------------------------------------
`;
    assert.deepEqual(parseTraceback(text), {
      exception: 'ValueError: no database',
      frames: [
        { file: '/srv/main.py', line: 2 },
        { file: '/srv/main.py', line: 9 },
      ],
    });
  });

  it('finds nothing in a text that is no traceback', () => {
    assert.deepEqual(parseTraceback('no database'), { exception: undefined, frames: [] });
    assert.deepEqual(parseTraceback(''), { exception: undefined, frames: [] });
  });
});

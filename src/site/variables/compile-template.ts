import type { SiteRequest } from '../site-request.ts';
import { parseTemplate, type TemplatePart } from './parse-template.ts';
import type { CompiledTemplate } from './template.ts';
import type { Evaluate } from './variable.ts';

/** Makes a template that can be evaluated. `resolve` gives the variable of a name, or throws PlanError, as what cannot be parsed does. */
export function compileTemplate(source: string, resolve: (name: string) => Evaluate): CompiledTemplate {
  const parts = parseTemplate(source);
  if (parts.every((part) => part.kind === 'text')) {
    const constant = parts.map((part) => part.text).join('');
    return { constant, evaluate: () => constant };
  }
  return { constant: undefined, evaluate: joined(parts.map((part) => evaluatorOf(part, resolve))) };
}

type Text = (request: SiteRequest) => string;

function evaluatorOf(part: TemplatePart, resolve: (name: string) => Evaluate): Text | string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'capture': {
      const { group } = part;
      return (request) => request.captures[group] ?? '';
    }
    case 'variable': {
      const evaluate = resolve(part.name);
      return (request) => evaluate(request) ?? '';
    }
  }
}

/** The short ones, which are nearly all, need no loop. */
function joined(pieces: readonly (Text | string)[]): Text {
  const [first = '', second, third] = pieces;
  if (pieces.length === 1 && typeof first !== 'string') return first;
  if (pieces.length === 2) {
    if (typeof first === 'string' && typeof second === 'function') return (request) => first + second(request);
    if (typeof first === 'function' && typeof second === 'string') return (request) => first(request) + second;
    if (typeof first === 'function' && typeof second === 'function') {
      return (request) => first(request) + second(request);
    }
  }
  if (pieces.length === 3 && typeof first === 'string' && typeof second === 'function' && typeof third === 'string') {
    return (request) => first + second(request) + third;
  }
  return (request) => {
    let text = '';
    for (const piece of pieces) text += typeof piece === 'string' ? piece : piece(request);
    return text;
  };
}

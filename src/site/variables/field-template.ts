import type { Template } from '../../plan/site-plan.ts';
import type { CompileContext } from '../compile-context.ts';
import type { CompiledTemplate } from './template.ts';

const certificate = /\$\{?ssl_client_(?:raw_)?cert\b/;

/**
 * A template for a field's value. A client's certificate has several lines, for which fields have had no place since RFC 9112 §5.2: each
 * line end in it becomes a space. Other values with line ends are refused by whoever makes the field. Throws PlanError.
 */
export function fieldTemplate(text: Template, context: CompileContext): CompiledTemplate {
  const template = context.template(text);
  if (!certificate.test(text)) return template;
  return {
    constant: undefined,
    evaluate: (request) => template.evaluate(request).replaceAll(/\n\t?/g, ' ').trimEnd(),
  };
}

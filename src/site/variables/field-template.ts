import type { Template } from '../../plan/site-plan.ts';
import type { CompileContext } from '../compile-context.ts';
import type { CompiledTemplate } from './template.ts';

const certificate = /\$\{?ssl_client_(?:raw_)?cert\b/;
const certificateBegin = '-----BEGIN CERTIFICATE-----';

/**
 * A template for a field's value. A client's certificate, also one that another variable hands on, has several lines, for which fields have had
 * no place since RFC 9112 §5.2: each line end in it becomes a space. Other values with line ends are refused by whoever makes the field.
 * Throws PlanError.
 */
export function fieldTemplate(text: Template, context: CompileContext): CompiledTemplate {
  const template = context.template(text);
  if (template.constant !== undefined) return template;
  const isCertificate = certificate.test(text);
  return {
    constant: undefined,
    evaluate: (request) => {
      const value = template.evaluate(request);
      return isCertificate || value.startsWith(certificateBegin) ? inOneLine(value) : value;
    },
  };
}

function inOneLine(value: string): string {
  return value.replaceAll(/\n\t?/g, ' ').trimEnd();
}

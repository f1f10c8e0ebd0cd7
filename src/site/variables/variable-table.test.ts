import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VariableTable } from './variable-table.ts';
it('smoke', () => { const t = new VariableTable({ servers: [], variables: [] }); t.template('$host $uri'); });

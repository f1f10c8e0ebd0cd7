import type { Block, Config, LocationConfig, RuleConfig } from './config.ts';

/** What becomes of a level: its fields that change, and what the levels inside of it get. */
export interface ChangedBlock<State> {
  readonly fields: Block;
  readonly state: State;
}

/** How a level is changed. `outer`: what the level around it gave. */
export type ChangeBlock<State> = (block: Block, outer: State) => ChangedBlock<State>;

/** The config with changes at each level from servers inwards, which depend on the levels around. */
export function mapBlocks<State>(config: Config, outermost: State, change: ChangeBlock<State>): Config {
  const inner = (
    { rules, locations }: Pick<LocationConfig, 'rules' | 'locations'>,
    outer: State,
  ): Pick<LocationConfig, 'rules' | 'locations'> => ({
    rules: rules.map((rule) => ruleOf(rule, outer)),
    locations: locations.map((location) => levelOf(location, outer)),
  });
  const levelOf = <Level extends Block & Pick<LocationConfig, 'rules' | 'locations'>>(
    level: Level,
    outer: State,
  ): Level => {
    const { fields, state } = change(level, outer);
    return { ...level, ...fields, ...inner(level, state) };
  };
  const ruleOf = (rule: RuleConfig, outer: State): RuleConfig => {
    if (rule.kind !== 'if') return rule;
    const { fields, state } = change(rule.block ?? {}, outer);
    return {
      ...rule,
      rules: rule.rules.map((each) => ruleOf(each, state)),
      block: rule.block && { ...rule.block, ...fields },
    };
  };
  return { ...config, servers: config.servers.map((server) => levelOf(server, outermost)) };
}

/** The rule-based models, in the order of the credit columns. `first_touch` is the default. */
export const RULE_MODELS = [
  'first_touch',
  'last_touch',
  'last_non_direct',
  'linear',
  'position_based',
  'time_decay',
  'custom',
] as const;
export type RuleModel = (typeof RULE_MODELS)[number];
export const DEFAULT_MODEL: RuleModel = 'first_touch';

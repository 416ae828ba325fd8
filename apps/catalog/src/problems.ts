import { commonProblems, defineProblems, ProblemError } from '@florin/service-host';

export type Refusal = 'shop-unknown' | 'shop-foreign' | 'product-unknown' | 'sku-taken' | 'currency-mismatch';

const refusals = {
  'shop-unknown': { title: 'No such shop', status: 404, detail: 'There is no shop with this id.' },
  'shop-foreign': {
    title: "Somebody else's shop",
    status: 403,
    detail: 'Only its owner may change a shop and its products.',
  },
  'product-unknown': {
    title: 'No such product',
    status: 404,
    detail: 'This shop has no product with this id.',
  },
  'sku-taken': {
    title: 'The SKU is taken',
    status: 409,
    detail: 'This shop has a product with this SKU already. Change that one, or choose another SKU.',
  },
  'currency-mismatch': {
    ...commonProblems['currency-mismatch'],
    detail: "Prices are in the currency of the shop's market.",
  },
} satisfies Record<Refusal, { title: string; status: number; detail: string }>;

/** Every problem of this service by its code, for its documentation. */
export const problems = defineProblems<Refusal | 'market-closed'>({
  ...refusals,
  'market-closed': commonProblems['market-closed'],
});

/** The answer to a refused request. */
export function refused(code: Refusal): ProblemError {
  return new ProblemError(problems[code], refusals[code].detail);
}

// What browsers of before 2023 lack of arrays.

/**
 * Where the last one is that passes the test; -1: none does.
 * @template T
 * @param {readonly T[]} list
 * @param {(one: T) => unknown} test
 */
export function lastIndex(list, test) {
  let at = list.length - 1;
  while (at >= 0 && !test(list[at])) at -= 1;
  return at;
}

/**
 * The last one that passes the test.
 * @template T
 * @param {readonly T[]} list
 * @param {(one: T) => unknown} test
 * @returns {T | undefined}
 */
export const last = (list, test) => list[lastIndex(list, test)];

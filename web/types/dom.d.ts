// What el() of web/shared/dom.js takes and makes.

declare namespace Dom {
  type Listeners = { [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => unknown };

  interface Attributes extends Listeners {
    [name: string]: ((event: never) => unknown) | string | number | boolean | null | undefined;
  }

  type Leaf = Node | string | false | null | undefined;
  type Child = Leaf | Leaf[];

  /** HTMLInputElement for "input" and "input.wide". */
  type Made<N extends string> = N extends `${infer Tag}.${string}` ? Tagged<Tag> : Tagged<N>;
  type Tagged<Tag extends string> = Tag extends keyof HTMLElementTagNameMap
    ? HTMLElementTagNameMap[Tag]
    : HTMLElement;
}

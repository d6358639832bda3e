// What the desk's modules pass around: answers of the API (bot/desk), and what is made of them.

declare namespace Desk {
  type Owner = "bot" | "queue" | "human" | "closed";
  type Author = "customer" | "bot" | "agent" | "system";
  type Channel = "web" | "telegram" | "messenger" | "sms" | "facebook";
  type Shell = import("../desk/shell/shell.js").Shell;

  // --- agents ---

  interface Colleague {
    id: number;
    name: string;
    state: string;
  }

  interface Agent extends Colleague {
    email: string;
    role: "agent" | "admin";
    language: string;
    languages: string[];
    skills: string[];
    capacity: number;
    totp: boolean;
    disabled: boolean;
    invited: boolean;
  }

  interface Shop {
    name: string;
    colour?: string | null;
    languages: string[];
  }

  /** The answer about who is signed in. */
  interface Session {
    agent: Agent;
    csrf: string;
    shop: Shop;
    dispositions: { id: string; title: string }[];
    agents: Colleague[];
  }

  /** A page beside the inbox. */
  interface Page {
    element: HTMLElement;
    /** Fetches what it shows anew. */
    refresh(): unknown;
    /** It is shown no more. */
    stop(): void;
    /** Shows what is named by the address; null: nothing by itself. */
    show?(id: number | null): void;
    hear?(event: Event): void;
    /** Whether the key means something here. */
    press?(key: string): boolean;
  }

  interface FetchedPage extends Page {
    refresh(): Promise<void>;
    /** Something else is wanted now. */
    fresh(): void;
  }

  // --- conversations ---

  interface Customer {
    name: string | null;
    contact: string | null;
    proven_by: string | null;
  }

  /** Times are ISO 8601. */
  interface Summary {
    id: number;
    channel: Channel;
    owner: Owner;
    agent: { id: number; name: string } | null;
    /** Who has it without an account here, such as messenger or chatwoot:Rita, and until when. */
    elsewhere: { by: string; until: string } | null;
    customer: Customer;
    language: string;
    preview: string | null;
    preview_author: Author | null;
    updated_at: string;
    unread: number;
    priority: number;
    reason: string | null;
    skill: string | null;
    answer_due_at: string | null;
    answered_at: string | null;
    resolve_due_at: string | null;
    waiting_since: string | null;
    viewers: string[];
    disposition: string | null;
  }

  /** What was known when a person was asked for. */
  interface Packet {
    mood?: string;
    tried?: string[];
    locked?: boolean;
    order?: { number: string } | null;
  }

  interface Detail extends Summary {
    summary: string;
    wish: string | null;
    packet: Packet | null;
    send: {
      state: string;
      until: string | null;
      segments: boolean;
      limit: number;
    };
    /** Everybody reads what is said there. */
    public: boolean;
    linked: { id: number; channel: Channel; owner: Owner; updated_at: string }[];
    survey: Survey | null;
  }

  interface Viewer {
    id: number;
    name: string;
  }

  interface Survey {
    id: number;
    score: number;
    comment: string | null;
    at: string;
  }

  interface Delivery {
    state: string;
    reason: string | null;
  }

  interface Attachment {
    kind: string;
    name: string | null;
    media_type: string | null;
    size: number | null;
    state: string;
    link: string | null;
    /** Of a location, a contact or a link. */
    reference?: unknown;
  }

  interface Message {
    seq: number;
    author: Author;
    author_name: string | null;
    text: string;
    buttons: { title: string }[];
    at: string;
    edited_at: string | null;
    delivery: Delivery | null;
    attachments: Attachment[];
    client_msg_id?: string;
    /** Of a customer's message in public: whether it may hold personal data, and whether it is gone. */
    comment?: { exposes: boolean; gone: boolean };
  }

  interface Note {
    id: number;
    author_name: string;
    text: string;
    after_seq: number;
    at: string;
  }

  /** A conversation changed hands. */
  interface Change {
    at: string;
    to: Owner;
    by: string | null;
    why: string | null;
  }

  /** What a conversation's log is told; only what is there counts. */
  interface Told {
    messages?: Message[];
    notes?: Note[];
    events?: Change[];
    surveys?: Survey[];
  }

  interface Thread extends Told {
    conversation: Detail;
    messages: Message[];
  }

  /** An agent's message on its way. */
  interface Pending {
    id: string;
    conversation: number;
    text: string;
    file: File | null;
    state: "sending" | "failed";
    why?: string;
  }

  interface PendingHandlers {
    onRetry(pending: Pending): void;
    onDiscard(pending: Pending): void;
  }

  interface EntryHandlers extends PendingHandlers {
    /** A comment is hidden, or shown again; its author is answered in private. */
    onHide(seq: number, hidden: boolean): void;
    onPrivate(seq: number): void;
  }

  interface ThreadHandlers extends EntryHandlers {
    /** Messages from before the first one are wanted. */
    onOlder(): void;
    /** The agent has seen all up to `seq`. */
    onSeen(seq: number): void;
  }

  interface ConversationHandlers {
    /** It is there, for the first time: before it is filled in, and after. */
    onShow(): void;
    onOpened(): void;
    /** What the list says of it may be out of date. */
    onChanged(): void;
    onLeave(): void;
    onDetails(): void;
    onClosePanel(): void;
  }

  interface ComposerHandlers {
    onReply(text: string, file: File | null): void;
    onNote(text: string, mentions: number[]): void;
    onTyping(): void;
    onClaim(): void;
    onProblem(words: string): void;
  }

  interface Placed {
    key: string;
    at: string;
  }

  /** One line of a conversation's log. */
  type Entry = Placed &
    (
      | { kind: "message"; item: Message }
      | { kind: "note"; item: Note }
      | { kind: "event"; item: Change }
      | { kind: "survey"; item: Survey }
      | { kind: "pending"; item: Pending }
    );

  // --- orders ---

  interface Order {
    number: string;
    state: string;
    total: string;
    currency: string;
    placed_at: string | null;
    customer_name: string | null;
    email: string | null;
    phone: string | null;
    address: string | null;
    /** Within the total; null where nobody says. */
    delivery_paid: string | null;
    lines: {
      name: string;
      quantity: number;
      unit_price: string;
      position?: number;
      /** For all pieces, less discounts; null where nobody says. */
      paid: string | null;
      options: Record<string, string>;
      /** For no reason; null where nobody says. */
      returnable: boolean | null;
    }[];
    shipments: {
      carrier: string | null;
      tracking_number: string | null;
      tracking_url: string | null;
      state: string;
      expected_on: string | null;
      delivered_at: string | null;
      /** The last day in a parcel locker or shop. */
      fetch_until: string | null;
      /** Nothing where nobody says. */
      contents: { name: string; quantity: number }[];
    }[];
    invoice_url: string | null;
    can_cancel: boolean;
    can_change_address: boolean;
    can_send_invoice: boolean;
    can_open_case?: boolean;
  }

  // --- figures ---

  interface Spread {
    median: number | null;
    p90: number | null;
  }

  interface Satisfaction {
    asked: number;
    count: number;
    average: number | null;
    /** How many gave 1, 2, … */
    scores: number[];
    comments: { score: number; comment: string; conversation: number }[];
  }

  interface Figures {
    cases?: CaseFigures;
    waiting: number;
    longest_wait_seconds: number | null;
    overdue: number;
    handoffs: number;
    answered_in_target: number | null;
    resolved_in_target: number | null;
    first_answer_seconds: Spread | null;
    resolution_seconds: Spread | null;
    satisfaction: Satisfaction | null;
    agents: { name: string; open: number; closed: number; satisfaction: number | null; ratings: number }[];
  }

  interface Callback {
    id: number;
    state: string;
    phone: string;
    wish: string;
    created_at: string | null;
    conversation_id: number | null;
  }

  interface AuditEntry {
    id: number;
    at: string;
    who: string;
    action: string;
    target: string;
    details: Record<string, unknown> | null;
  }

  // --- what happens, as the event stream tells it ---

  interface Happening {
    conversation: { id: number; kind: string; owner?: Owner; agent?: number | null };
    typing: { id: number; author: Author; agent?: number };
    mention: { id: number; by: string };
    alert: { id: number; since: string };
    agents: object;
    faults: object;
    case: { id: number };
    case_due: { id: number; number: string; deadline: string; part: number };
  }

  /** What a provider refuses until the shop's owner mends it; `reason` is what it said last. */
  interface Fault {
    channel: string;
    account: string;
    fault: string;
    reason: string;
    since: string;
  }

  type Kind = keyof Happening;
  /** One of them, with its kind. */
  type Event = { [K in Kind]: { kind: K; data: Happening[K] } }[Kind];

  /** Changes the open conversation; `rethrow`: the caller shows what went wrong. */
  type OnChange = (action: string, body?: object, rethrow?: boolean) => Promise<void>;

  // --- cases ---

  /** `part`: of the time that is over, in per cent. `ours`: the shop has to do it. */
  interface CaseClock {
    kind: string;
    starts_at: string;
    due_at: string;
    met_at: string | null;
    rule: string;
    ours: boolean;
    part: number;
  }

  interface CaseRow {
    id: number;
    number: string;
    kind: string;
    state: string;
    wish: string;
    order: string;
    contact: string;
    name: string;
    language: string;
    channel: string;
    conversation: number | null;
    agent: { id: number; name: string } | null;
    products: { name: string; quantity: number }[];
    clock: CaseClock | null;
    version: number;
    stated_at: string;
    created_at: string;
    updated_at: string;
    closed_at: string | null;
  }

  /** `can`: what may be done with its goods now. */
  interface CaseLine {
    id: number;
    order: string;
    position: number;
    sku: string;
    name: string;
    quantity: number;
    paid: string | null;
    reason: string;
    instead: { words?: string; name?: string } | null;
    state: string;
    condition: string | null;
    can: string[];
  }

  interface SumPart {
    kind: string;
    amount: string;
    position: number | null;
    quantity: number | null;
  }

  interface CaseRefund {
    id: number;
    state: string;
    means: string;
    amount: string;
    currency: string;
    parts: SumPart[];
    key: string;
    provider_id: string;
    why: string;
    first_agent: string;
    unsigned: boolean;
    can: string[];
  }

  /** `reckoned`: what an approval would give back now; `two`: two people approve that much. */
  interface CaseMoney {
    currency: string;
    reckoned: { total: string; parts: SumPart[]; two: boolean } | null;
    most: string | null;
    two_over: string | null;
    refunds: CaseRefund[];
  }

  interface CaseHappening {
    id: number;
    at: string;
    actor: string;
    who: string;
    act: string;
    why: string;
    details: { amount?: string; conditions?: Record<string, string> };
  }

  interface CaseFile {
    id: number;
    kind: string;
    name: string;
    media_type: string;
    link: string | null;
  }

  /** `money` is null for who doesn't decide on it. */
  interface CaseDetail extends CaseRow {
    words: string;
    serial_number: string;
    facts: Record<string, unknown>;
    jurisdiction: string;
    way: string | null;
    currency: string;
    can: string[];
    goods: CaseLine[];
    deadlines: CaseClock[];
    files: CaseFile[];
    timeline: CaseHappening[];
    money: CaseMoney | null;
  }

  interface CaseFigures {
    states: { kind: string; state: string; count: number }[];
    reasons: {
      sku: string;
      name: string;
      kind: string;
      reason: string;
      pieces: number;
      cases: number;
    }[];
    clocks: { kind: string; judged: number; kept: number | null }[];
  }

  // --- dialogs ---

  /** An option's value and its label. */
  type Pair = readonly [value: string | number, label: string];

  /** A labelled input; `Constraints` become attributes. */
  interface Field extends Constraints {
    name: string;
    label: string;
    kind?: "text" | "area" | "select" | "check" | "password" | "email" | "number";
    value?: string | number | boolean;
    options?: Pair[];
    hint?: string;
  }

  interface Constraints {
    required?: boolean;
    minlength?: number;
    maxlength?: number;
    min?: number;
    max?: number;
    autocomplete?: string;
    inputmode?: string;
    change?: (event: globalThis.Event) => void;
  }

  interface Question<Given> {
    title: string;
    body?: Dom.Child;
    fields?: Field[];
    /** The label of the button that does it. */
    action: string;
    danger?: boolean;
    /** Does it; what it throws is shown in the dialog. */
    act(given: Given): unknown;
  }

  /** Words for the values of the API: keys of data/texts. */
  type Names = Readonly<Record<string, string>>;
}

//! Chooses how to write what comes next with the fewest bits: the cheapest path through a graph
//! whose nodes are places and whose edges are literals, repeated distances and matches, with the
//! prices of now. A path is settled where nothing found before reaches further.

use super::match_finder::{Match, MatchFinder, NICE_LENGTH, common};
use super::models::{MAX_MATCH, MIN_MATCH, Models, REPS, State};
use super::prices::{Price, Prices};

/// The most places looked at before a path is settled.
const MAX_NODES: usize = 2048;

/// What is coded next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Symbol {
    Literal,
    ShortRep,
    Rep { rep: u32, length: u32 },
    Match { distance: u32, length: u32 },
}

/// The state and the last four distances before a symbol.
#[derive(Clone, Copy)]
pub struct Context {
    pub state: State,
    pub reps: [u32; REPS],
}

impl Context {
    pub fn new() -> Context {
        Context {
            state: State(0),
            reps: [0; REPS],
        }
    }

    #[inline(always)]
    pub fn take(&mut self, symbol: Symbol) {
        match symbol {
            Symbol::Literal => self.state = self.state.after_literal(),
            Symbol::ShortRep => self.state = self.state.after_short_rep(),
            Symbol::Rep { rep, .. } => {
                self.state = self.state.after_rep();
                let distance = self.reps[rep as usize];
                self.reps.copy_within(..rep as usize, 1);
                self.reps[0] = distance;
            }
            Symbol::Match { distance, .. } => {
                self.state = self.state.after_match();
                self.reps.copy_within(..REPS - 1, 1);
                self.reps[0] = distance;
            }
        }
    }
}

#[derive(Clone, Copy)]
struct Node {
    price: Price,
    /// The node that the cheapest edge begins at, and its symbol.
    from: u32,
    symbol: Symbol,
    /// A literal and so many bytes at the same distance follow the symbol.
    again: u32,
    context: Context,
}

const UNREACHED: Node = Node {
    price: Price::MAX,
    from: 0,
    symbol: Symbol::Literal,
    again: 0,
    context: Context {
        state: State(0),
        reps: [0; REPS],
    },
};

pub struct Parser {
    nodes: Vec<Node>,
    /// The last node that an edge leads to.
    end: usize,
    found: Vec<Match>,
}

impl Parser {
    pub fn new() -> Parser {
        Parser {
            nodes: vec![UNREACHED; MAX_NODES + 2 * MAX_MATCH + 2],
            end: 0,
            found: Vec::new(),
        }
    }

    /// Appends the symbols of a settled path to `symbols`; there is at least one byte left.
    pub fn parse(
        &mut self,
        data: &[u8],
        finder: &mut MatchFinder,
        (models, prices): (&Models, &Prices),
        context: Context,
        symbols: &mut Vec<Symbol>,
    ) {
        let start = finder.at();
        self.nodes[0] = Node {
            price: 0,
            context,
            ..UNREACHED
        };
        self.end = 0;
        let mut node = 0;
        loop {
            if node > 0 {
                self.settle_context(node);
            }
            let at = start + node;
            if let Some(symbol) = self.advance(data, finder, (models, prices), node) {
                self.trace(node, symbols);
                symbols.push(symbol);
                return;
            }
            debug_assert_eq!(finder.at(), at + 1);
            node += 1;
            if node == self.end || node == MAX_NODES {
                return self.trace(node, symbols);
            }
        }
    }

    /// Follows all edges of a node, or returns a symbol that is long enough to be taken at once.
    fn advance(
        &mut self,
        data: &[u8],
        finder: &mut MatchFinder,
        (models, prices): (&Models, &Prices),
        node: usize,
    ) -> Option<Symbol> {
        let at = finder.at();
        let limit = MAX_MATCH.min(data.len() - at);
        let Node { price, context, .. } = self.nodes[node];
        let Context { state, reps } = context;
        let matched = at
            .checked_sub(reps[0] as usize + 1)
            .map_or(0, |old| data[old]);
        let byte = data[at];
        let before = at.checked_sub(1).map_or(0, |old| data[old]);

        let literal = price + models.literal_price(state, (byte, before, matched));
        self.relax(node, 1, literal, Symbol::Literal);
        let any_rep = price + models.any_rep_price(state);
        let mut longest_rep = 0;
        if at > reps[0] as usize {
            if matched == byte {
                let short = any_rep + models.short_rep_price(state);
                self.relax(node, 1, short, Symbol::ShortRep);
            } else if limit > MIN_MATCH {
                self.try_again(
                    data,
                    (models, prices),
                    (node, at, 0),
                    literal,
                    Symbol::Literal,
                );
            }
        }
        for (rep, distance) in reps.into_iter().enumerate() {
            let Some(old) = at.checked_sub(distance as usize + 1) else {
                continue;
            };
            if data[old] != byte {
                continue;
            }
            let length = common(data, old, at, limit);
            if length < MIN_MATCH {
                continue;
            }
            let symbol = |length: usize| Symbol::Rep {
                rep: rep as u32,
                length: length as u32,
            };
            if length >= NICE_LENGTH {
                finder.skip(length, distance);
                return Some(symbol(length));
            }
            longest_rep = longest_rep.max(length);
            let which = any_rep + models.which_rep_price(state, rep);
            for length in MIN_MATCH..=length {
                self.relax(
                    node,
                    length,
                    which + prices.rep_length(length),
                    symbol(length),
                );
            }
            let whole = which + prices.rep_length(length);
            self.try_again(
                data,
                (models, prices),
                (node, at, length),
                whole,
                symbol(length),
            );
        }
        self.follow_matches(data, finder, (models, prices), node, longest_rep)
    }

    fn follow_matches(
        &mut self,
        data: &[u8],
        finder: &mut MatchFinder,
        (models, prices): (&Models, &Prices),
        node: usize,
        longest_rep: usize,
    ) -> Option<Symbol> {
        let at = finder.at();
        let mut found = std::mem::take(&mut self.found);
        finder.find(&mut found);
        let price = self.nodes[node].price + models.match_price(self.nodes[node].context.state);
        let mut taken = None;
        if let Some(last) = found
            .last()
            .filter(|last| last.length as usize >= NICE_LENGTH)
        {
            finder.skip(last.length as usize - 1, last.distance);
            let Match { distance, length } = *last;
            taken = Some(Symbol::Match { distance, length });
        } else {
            // A repeated distance of the same length costs less.
            let mut length = longest_rep.max(MIN_MATCH - 1) + 1;
            for Match {
                distance,
                length: longest,
            } in found.iter().copied()
            {
                let longest = longest as usize;
                let symbol = |length: usize| Symbol::Match {
                    distance,
                    length: length as u32,
                };
                let mut whole = Price::MAX;
                while length <= longest {
                    whole = price + prices.match_length(length) + prices.distance(distance, length);
                    self.relax(node, length, whole, symbol(length));
                    length += 1;
                }
                if whole < Price::MAX {
                    let edge = (node, at, longest);
                    self.try_again(data, (models, prices), edge, whole, symbol(longest));
                }
            }
        }
        self.found = found;
        taken
    }

    /// An edge to `node` + `bytes`.
    #[inline(always)]
    fn relax(&mut self, node: usize, bytes: usize, price: Price, symbol: Symbol) {
        self.relax_again(node, bytes, price, (symbol, 0));
    }

    #[inline(always)]
    fn relax_again(
        &mut self,
        node: usize,
        bytes: usize,
        price: Price,
        (symbol, again): (Symbol, u32),
    ) {
        let to = node + bytes;
        while self.end < to {
            self.end += 1;
            self.nodes[self.end].price = Price::MAX;
        }
        let next = &mut self.nodes[to];
        if price < next.price {
            next.price = price;
            next.from = node as u32;
            next.symbol = symbol;
            next.again = again;
        }
    }

    /// What differs in one byte often goes on at the same distance: the edge of `symbol`, a literal
    /// and a repetition as one. `symbol` begins at `at` and has `length` bytes, or is the literal.
    #[inline(always)]
    fn try_again(
        &mut self,
        data: &[u8],
        (models, prices): (&Models, &Prices),
        (node, at, length): (usize, usize, usize),
        price: Price,
        symbol: Symbol,
    ) {
        let mut context = self.nodes[node].context;
        let mut price = price;
        if length > 0 {
            context.take(symbol);
        }
        let literal = at + length;
        let distance = context.reps[0] as usize + 1;
        let Some(limit) = data.len().checked_sub(literal + 1) else {
            return;
        };
        let limit = limit.min(NICE_LENGTH);
        if limit < MIN_MATCH
            || data[literal + 1..literal + 3]
                != data[literal + 1 - distance..literal + 3 - distance]
        {
            return;
        }
        let again = common(data, literal + 1 - distance, literal + 1, limit);
        if length > 0 {
            let bytes = (data[literal], data[literal - 1], data[literal - distance]);
            price += models.literal_price(context.state, bytes);
        }
        let state = context.state.after_literal();
        price += models.any_rep_price(state)
            + models.which_rep_price(state, 0)
            + prices.rep_length(again);
        self.relax_again(node, length + 1 + again, price, (symbol, again as u32));
    }

    /// What the cheapest path to a node leaves behind.
    #[inline(always)]
    fn settle_context(&mut self, node: usize) {
        let Node {
            from,
            symbol,
            again,
            ..
        } = self.nodes[node];
        let mut context = self.nodes[from as usize].context;
        context.take(symbol);
        if again > 0 {
            if symbol != Symbol::Literal {
                context.take(Symbol::Literal);
            }
            context.take(Symbol::Rep {
                rep: 0,
                length: again,
            });
        }
        self.nodes[node].context = context;
    }

    /// The symbols of the cheapest path to a node.
    fn trace(&self, mut node: usize, symbols: &mut Vec<Symbol>) {
        let first = symbols.len();
        while node > 0 {
            let Node {
                from,
                symbol,
                again,
                ..
            } = self.nodes[node];
            if again > 0 {
                symbols.push(Symbol::Rep {
                    rep: 0,
                    length: again,
                });
                if symbol != Symbol::Literal {
                    symbols.push(Symbol::Literal);
                }
            }
            symbols.push(symbol);
            node = from as usize;
        }
        symbols[first..].reverse();
    }
}

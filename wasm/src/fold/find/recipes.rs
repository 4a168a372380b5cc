//! Which recipe makes a packed stream again: tried one after the other, the likeliest first, each until its output differs.

use std::ops::RangeInclusive;

use crate::fold::deflate::{Deflater, Maker, Recipe};

/// Plain bytes given to a compressor between two comparisons.
const STEP_BYTES: usize = 64 << 10;

/// What may be compressed in vain: this, and so much for each byte of the target.
const VAIN_BYTES: usize = 16 << 20;
const VAIN_SHARE: usize = 2;

/// The levels that most programs use stand first.
const LEVELS: [u8; 9] = [6, 9, 1, 8, 7, 5, 4, 3, 2];

pub struct RecipeSearch {
    /// All, those that were right last in front.
    recipes: Vec<Recipe>,
    vain_bytes_left: usize,
}

impl RecipeSearch {
    pub fn new(target_bytes: usize) -> RecipeSearch {
        let of_level = |level| {
            Maker::ALL
                .into_iter()
                .filter_map(move |maker| Recipe::new(maker, level))
        };
        RecipeSearch {
            recipes: LEVELS.into_iter().flat_map(of_level).collect(),
            vain_bytes_left: VAIN_BYTES.saturating_add(VAIN_SHARE * target_bytes),
        }
    }

    /// The recipe that makes `packed` of `plain`. Gives up when too much was tried in vain before.
    pub fn find(&mut self, packed: &[u8], plain: &[u8], levels: RangeInclusive<u8>) -> Option<Recipe> {
        let mut order = self.recipes.clone();
        order.sort_by_key(|recipe| !levels.contains(&recipe.level()));
        let found = order
            .into_iter()
            .find(|recipe| self.is_right(*recipe, packed, plain))?;
        self.recipes.retain(|recipe| *recipe != found);
        self.recipes.insert(0, found);
        Some(found)
    }

    fn is_right(&mut self, recipe: Recipe, packed: &[u8], plain: &[u8]) -> bool {
        if self.vain_bytes_left == 0 {
            return false;
        }
        let tried = try_recipe(recipe, packed, plain);
        self.vain_bytes_left = self.vain_bytes_left.saturating_sub(tried.err().unwrap_or(0));
        tried.is_ok()
    }
}

/// Fails with how much was compressed in vain.
fn try_recipe(recipe: Recipe, packed: &[u8], plain: &[u8]) -> Result<(), usize> {
    let mut deflater = Deflater::new(recipe);
    let (mut made, mut rest, mut tried) = (Vec::new(), packed, 0);
    for step in plain.chunks(STEP_BYTES) {
        deflater.push(step, &mut made);
        tried += step.len();
        rest = rest.strip_prefix(&made[..]).ok_or(tried)?;
        made.clear();
    }
    deflater.finish(&mut made);
    if made == rest { Ok(()) } else { Err(tried) }
}

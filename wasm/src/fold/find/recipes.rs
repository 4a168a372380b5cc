//! Which recipe makes a packed stream again: tried one after the other, the likeliest first, each until its output differs.

use super::Place;
use crate::fold::deflate::{Deflater, Maker, Recipe};
use crate::fold::member::Wrap;
use crate::limits::COMPARISONS;

/// Plain bytes given to a compressor between two comparisons.
const STEP_BYTES: usize = 64 << 10;

/// What may be compressed in vain: this, and so much for each byte of the target. Then only the likeliest are tried.
const VAIN_BYTES: usize = 32 << 20;
const VAIN_SHARE: usize = 2;
const LIKELIEST: usize = 2;

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

    /// The recipe that makes `packed` of `plain`.
    pub fn find(&mut self, packed: &[u8], plain: &[u8], place: &Place) -> Option<Recipe> {
        let suspects = self.list_suspects(place);
        let found = suspects.into_iter().enumerate().find_map(|(index, recipe)| {
            let worth_it = self.vain_bytes_left > 0 || index < LIKELIEST;
            (worth_it && self.is_right(recipe, packed, plain)).then_some(recipe)
        })?;
        self.recipes.retain(|recipe| *recipe != found);
        self.recipes.insert(0, found);
        Some(found)
    }

    fn list_suspects(&self, place: &Place) -> Vec<Recipe> {
        let is_level = |recipe: &Recipe| place.levels.contains(&recipe.level());
        let mut suspects = self.recipes.clone();
        suspects.retain(|recipe| makes(*recipe, place.wrap) && (place.wrap != Wrap::Png || is_level(recipe)));
        suspects.sort_by_key(|recipe| !is_level(recipe));
        suspects
    }

    fn is_right(&mut self, recipe: Recipe, packed: &[u8], plain: &[u8]) -> bool {
        let tried = try_recipe(recipe, packed, plain);
        self.vain_bytes_left = self.vain_bytes_left.saturating_sub(tried.err().unwrap_or(0));
        tried.is_ok()
    }
}

/// Whether a recipe is used for such files at all. Filtering is for numbers, and does nothing at greedy levels.
fn makes(recipe: Recipe, wrap: Wrap) -> bool {
    match recipe.maker() {
        Maker::Zlib | Maker::ZlibLarge => true,
        Maker::ZlibFiltered | Maker::ZlibLargeFiltered => wrap == Wrap::Png && !recipe.is_greedy(),
        Maker::Gzip => wrap == Wrap::Gzip,
        Maker::InfoZip => wrap == Wrap::Bare,
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
    let compared = deflater.finish(&mut made);
    let quick = compared <= COMPARISONS * plain.len() as u64;
    if made == rest && quick { Ok(()) } else { Err(tried) }
}

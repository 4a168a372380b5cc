//! Compressors against the programs themselves: vectors that those made, and the programs where
//! they are installed.

use std::io::Write;
use std::process::{Command, Stdio};

use super::*;

/// Inputs of the vectors, from a linear congruential generator so that any language can make them.
fn make_input(name: &str) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 24
    };
    let mut out = Vec::new();
    match name {
        "empty" => {}
        "short" => out.extend(b"abcabcabcabc, abc"),
        "noise" => out.extend((0..70_000).map(|_| next() as u8)),
        "letters" => out.extend((0..70_000).map(|_| b'a' + (next() % 4) as u8)),
        "words" => (0..15_000).for_each(|_| out.extend(format!("word{} ", next() % 97).bytes())),
        "mixed" => {
            for _ in 0..100 {
                out.extend((0..300).map(|_| next() as u8));
                (0..100).for_each(|_| out.extend(format!("word{} ", next() % 97).bytes()));
                out.extend([0; 777]);
            }
        }
        _ => panic!("no such input: {name}"),
    }
    out
}

const INPUTS: [&str; 6] = ["empty", "short", "noise", "letters", "words", "mixed"];

fn deflate(recipe: Recipe, plain: &[u8], step: usize) -> Vec<u8> {
    let (mut packed, mut deflater) = (Vec::new(), Deflater::new(recipe));
    plain
        .chunks(step)
        .for_each(|step| deflater.push(step, &mut packed));
    deflater.finish(&mut packed);
    packed
}

/// Length and CRC-32.
fn describe(packed: &[u8]) -> String {
    format!("{}:{:08x}", packed.len(), crc32fast::hash(packed))
}

/// Each line: input, number of the recipe of level 1, then for each level the length and the CRC-32
/// of the stream.
#[test]
fn streams_are_those_of_the_vectors() {
    let mut checked = 0;
    for line in include_str!("vectors/streams.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let mut fields = line.split(' ');
        let plain = make_input(fields.next().unwrap());
        let first: u64 = fields.next().unwrap().parse().unwrap();
        for (number, wanted) in (first..).zip(fields).filter(|(_, wanted)| *wanted != "-") {
            let packed = deflate(Recipe::from_number(number).unwrap(), &plain, 10_000);
            assert_eq!(describe(&packed), wanted, "recipe {number}");
            checked += 1;
        }
    }
    assert!(checked > 200);
}

#[test]
fn how_the_input_is_cut_does_not_matter() {
    let plain = make_input("mixed");
    for recipe in Recipe::all().filter(|recipe| recipe.level() % 5 == 1) {
        let whole = deflate(recipe, &plain, plain.len());
        assert!(
            [1, 4097, 65_536]
                .iter()
                .all(|step| deflate(recipe, &plain, *step) == whole)
        );
    }
}

/// Lengths around which the window slides for the last time, or just does not.
fn live_inputs() -> Vec<Vec<u8>> {
    let mut inputs: Vec<Vec<u8>> = INPUTS.map(make_input).to_vec();
    let mixed = make_input("mixed");
    inputs.extend(
        [
            65_273, 65_274, 65_275, 65_400, 65_534, 65_535, 65_536, 98_303,
        ]
        .map(|bytes| mixed[..bytes].to_vec()),
    );
    inputs
}

/// What a program writes for an input; none when it is not installed, or not the right one.
fn run(program: &str, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().ok()?;
    let _ = writer.join();
    output.status.success().then_some(output.stdout)
}

/// Whether a program is there and says that it is the right one; otherwise reports that nothing is
/// compared with it.
fn is_there(program: &str, arguments: &[&str], says: &str) -> bool {
    let said = run(program, arguments, &[]).unwrap_or_default();
    let found_string = String::from_utf8_lossy(&said).contains(says);
    if !found_string {
        eprintln!("{program} ({says}) is not installed: our streams are not comparisons with its");
    }
    found_string
}

#[test]
fn streams_are_those_of_the_installed_zlib() {
    let is_zlib = "import zlib; print('zlib-ng' not in zlib.ZLIB_RUNTIME_VERSION)";
    if !is_there("python3", &["-c", is_zlib], "True") {
        return;
    }
    let script = "import sys, zlib
plain = sys.stdin.buffer.read()
for memory, strategy in ((8, 0), (9, 0), (8, 1), (9, 1)):
    for level in range(1, 10):
        deflater = zlib.compressobj(level, zlib.DEFLATED, -15, memory, strategy)
        packed = deflater.compress(plain) + deflater.flush()
        print('%d:%08x' % (len(packed), zlib.crc32(packed)))";
    for plain in live_inputs() {
        let streams = String::from_utf8(run("python3", &["-c", script], &plain).unwrap()).unwrap();
        for (number, wanted) in streams.lines().enumerate() {
            let packed = deflate(Recipe::from_number(number as u64).unwrap(), &plain, 8192);
            assert_eq!(
                describe(&packed),
                wanted,
                "recipe {number}, {} bytes",
                plain.len()
            );
        }
    }
}

#[test]
fn streams_are_those_of_the_installed_gzip() {
    if !is_there("gzip", &["--version"], "Free Software Foundation") {
        return;
    }
    for plain in live_inputs() {
        for level in 1..=9 {
            let file = run("gzip", &["-n", "-c", &format!("-{level}")], &plain).unwrap();
            let packed = deflate(Recipe::new(Variant::Gzip, level).unwrap(), &plain, 8192);
            assert!(
                packed == file[10..file.len() - 8],
                "level {level}, {} bytes",
                plain.len()
            );
        }
    }
}

#[test]
fn streams_are_those_of_the_installed_zip() {
    if !is_there("zip", &["--version"], "Info-ZIP") {
        return;
    }
    for plain in live_inputs() {
        for level in 1..=9 {
            // From a pipe to a pipe: a file named `-`, always deflated, its sizes after it.
            let file = run("zip", &["-q", "-X", &format!("-{level}"), "-", "-"], &plain).unwrap();
            let [name, extra] =
                [26, 28].map(|at| usize::from(u16::from_le_bytes([file[at], file[at + 1]])));
            let packed = deflate(Recipe::new(Variant::InfoZip, level).unwrap(), &plain, 8192);
            assert!(
                file[30 + name + extra..].starts_with(&packed),
                "level {level}, {} bytes",
                plain.len()
            );
        }
    }
}

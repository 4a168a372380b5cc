//! The codec's errors: a short list of stable codes, each with one sentence for a person.

/// Reaches JavaScript as the `code` property of an `Error`. `codec-error.ts` has the same list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The delta file was cut, changed or made wrongly: its magic, CRC or a length is wrong.
    DeltaDamaged,
    /// The delta file uses a format version or an entropy coder that this program does not know.
    DeltaTooNew,
    /// Decoding would need more memory than the caller allows, or than the delta's header states.
    DeltaMemory,
    /// The delta file was made for another base tree.
    DeltaWrongBase,
    /// The BSDIFF40 patch was cut, changed or made for another base.
    BsdiffDamaged,
    /// The BSDIFF40 patch would give more bytes than the caller allows.
    BsdiffTooLarge,
    /// The caller passed something that the codec has no room for or that makes no sense: a bug in
    /// the calling program.
    CodecInput,
}

impl Code {
    pub const ALL: [Code; 7] = [
        Code::DeltaDamaged,
        Code::DeltaTooNew,
        Code::DeltaMemory,
        Code::DeltaWrongBase,
        Code::BsdiffDamaged,
        Code::BsdiffTooLarge,
        Code::CodecInput,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Code::DeltaDamaged => "delta-damaged",
            Code::DeltaTooNew => "delta-too-new",
            Code::DeltaMemory => "delta-memory",
            Code::DeltaWrongBase => "delta-wrong-base",
            Code::BsdiffDamaged => "bsdiff-damaged",
            Code::BsdiffTooLarge => "bsdiff-too-large",
            Code::CodecInput => "codec-input",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub code: Code,
    /// One sentence, no capital, no full stop.
    pub message: &'static str,
}

pub type Result<T> = std::result::Result<T, Error>;

pub fn damaged(message: &'static str) -> Error {
    Error {
        code: Code::DeltaDamaged,
        message,
    }
}

pub fn input(message: &'static str) -> Error {
    Error {
        code: Code::CodecInput,
        message,
    }
}

/// Whatever somebody else's reader or decoder reports counts as damage. The only other cause is a
/// callback that threw; the callback's owner keeps what it threw and puts it in place of this
/// error.
impl From<std::io::Error> for Error {
    fn from(_: std::io::Error) -> Error {
        damaged("the delta ends too early or its streams do not decode")
    }
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> std::io::Error {
        std::io::Error::other(error.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typescript_knows_the_same_codes() {
        let list = include_str!("../codec-error.ts");
        let listed: Vec<&str> = list
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\","))
            .collect();
        assert_eq!(listed, Code::ALL.map(Code::name));
    }
}

//! How the tokens of well-known services look.
//!
//! Knows their beginnings and of what letters they are; does not know where in a text one may stand.

/// How well-known services begin the tokens that they hand out, and what follows.
const BEGINNINGS: [(&[u8], Shape); 16] = [
    (b"ghp_", Shape::Run),
    (b"gho_", Shape::Run),
    (b"ghs_", Shape::Run),
    (b"ghu_", Shape::Run),
    (b"ghr_", Shape::Run),
    (b"github_pat_", Shape::Run),
    (b"glpat-", Shape::Run),
    (b"xoxb-", Shape::Run),
    (b"xoxp-", Shape::Run),
    (b"xoxa-", Shape::Run),
    (b"eyJ", Shape::Run),
    (b"AKIA", Shape::Capitals),
    (b"ASIA", Shape::Capitals),
    (b"sk-", Shape::Noise),
    (b"npm_", Shape::Noise),
    (b"pypi-", Shape::Noise),
];

/// The shortest run that is taken for a token.
const TOKEN_LENGTH: usize = 16;

/// A run in which there are capitals, small letters and digits has to be longer: names can have all of them.
const MIXED_LENGTH: usize = 20;

/// What stands behind such a beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Letters, digits and what joins them: nothing else begins like this.
    Run,
    /// Capitals and digits.
    Capitals,
    /// A run that no name looks like: folders, packages and settings begin like this too.
    Noise,
}

/// Finds tokens in one text, asked from its beginning to its end.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// Up to here no run is noise: what begins later in such a run is none either, and is not looked at again.
    no_noise_before: usize,
}

impl Tokens {
    /// Whether a token begins at `at`, which is no place inside a name.
    pub(crate) fn begin_at(&mut self, text: &[u8], at: usize) -> bool {
        let Some(text) = text.get(at..).filter(|text| text.first().is_some_and(|byte| may_begin(*byte))) else {
            return false;
        };
        let shape_and_rest =
            BEGINNINGS.iter().find_map(|(beginning, shape)| Some((shape, text.strip_prefix(*beginning)?)));
        match shape_and_rest {
            Some((Shape::Run, rest)) => {
                rest.iter().take(TOKEN_LENGTH).filter(|byte| joins(**byte)).count() == TOKEN_LENGTH
            }
            Some((Shape::Capitals, rest)) => {
                let is_capital = |byte: &&u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
                rest.iter().take(TOKEN_LENGTH).filter(is_capital).count() == TOKEN_LENGTH
            }
            Some((Shape::Noise, rest)) if at >= self.no_noise_before => {
                let run = rest.split(|byte| !joins(*byte)).next().unwrap_or_default();
                let is_noise = is_noise(run);
                if !is_noise {
                    self.no_noise_before = at.saturating_add(text.len() - rest.len()).saturating_add(run.len());
                }
                is_noise
            }
            _ => false,
        }
    }
}

/// The letters with which the beginnings begin, one bit each: every name in every argument is asked this.
fn may_begin(byte: u8) -> bool {
    const LETTERS: u128 = {
        let (mut letters, mut index) = (0, 0);
        while index < BEGINNINGS.len() {
            letters |= 1 << BEGINNINGS[index].0[0];
            index += 1;
        }
        letters
    };
    byte.is_ascii() && LETTERS >> byte & 1 == 1
}

fn joins(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn is_noise(run: &[u8]) -> bool {
    let has = |is_kind: fn(&u8) -> bool| run.iter().any(is_kind);
    let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
    is_mixed && run.len() >= MIXED_LENGTH || run.split(|byte| !byte.is_ascii_alphanumeric()).any(is_long_and_numbered)
}

fn is_long_and_numbered(part: &[u8]) -> bool {
    part.len() >= TOKEN_LENGTH && part.iter().any(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::Tokens;

    #[track_caller]
    fn check(text: &str, is_token: bool) {
        assert_eq!(Tokens::default().begin_at(text.as_bytes(), 0), is_token, "{text}");
    }

    /// Of each kind one that nobody was ever given.
    #[test]
    fn the_tokens_of_each_service_are_known() {
        let letters = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6";
        for token in [
            format!("ghp_{letters}"),
            format!("gho_{letters}"),
            format!("ghs_{letters}"),
            format!("ghu_{letters}"),
            format!("ghr_{letters}"),
            format!("github_pat_11AAAAAAA0aB3dE6gH9jK2_{letters}"),
            String::from("glpat-ab-cD3eF6-hI9jK2mN"),
            String::from("glpat-aB3dE6gH9jK2mN5pQ8sT1vW4.01.0z1a2b3c4"),
            String::from("xoxb-1234567890-1234567890123-aB3dE6gH9jK2mN5pQ8sT1vW4"),
            String::from("xoxp-1234567890-1234567890-1234567890123-0123456789abcdef0123456789abcdef"),
            String::from("xoxa-2-1234567890-1234567890"),
            String::from("AKIAIOSFODNN7EXAMPLE"),
            String::from("ASIAIOSFODNN7EXAMPLE"),
            format!("sk-{letters}"),
            format!("sk-proj-aB3-{letters}"),
            String::from("sk-proj-aB3_dE6-gH9jK-2mN5pQ8s-T1vW4yZ7b-C0eF3"),
            format!("sk-ant-api03-aB3-{letters}"),
            String::from("sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef"),
            format!("npm_{letters}"),
            format!("pypi-AgEIcHlwaS5vcmc{letters}"),
            String::from("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."),
            String::from("eyJhIjoxfQ.eyJiIjoyfQ.c2ln"),
        ] {
            check(&token, true);
        }
    }

    #[test]
    fn what_begins_like_a_token_may_be_a_name() {
        for name in [
            "sk-learn-feature-extraction-utilities/x.go",
            "sk-1",
            "sk-net-monitor-2/internal/very-long-name-of-a-folder.go",
            "npm_config_registry_of_the_company",
            "pypi-mirror-and-proxy-server/main.go",
            "pypi-",
            "ASIApacificRegionalNames",
            "AKIA",
            "eyJ.go",
            "ghp_short",
            "xoxb-1234",
            "",
        ] {
            check(name, false);
        }
    }

    #[test]
    fn a_run_that_is_no_noise_is_looked_at_once() {
        let text = "sk-".repeat(40_000);
        let mut tokens = Tokens::default();
        let began = std::time::Instant::now();
        assert!(!(0..text.len()).step_by(3).any(|at| tokens.begin_at(text.as_bytes(), at)));
        assert!(began.elapsed().as_secs() < 2, "{:?} for {} bytes", began.elapsed(), text.len());
    }
}

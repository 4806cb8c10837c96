//! UP42's scheme: any headers, beside a reading of them apart. U+0001 stands for the right tag,
//! U+0002 for that of the second key, U+0005 for the time of receipt, U+0006 for the body's digest.

use crate::account::{Delivered, Proven, provider};

/// Panics if the core's verdict differs.
pub fn check(sent: &Delivered) {
    let Proven { source, post, due } = sent.make(provider("up42"));
    post.deliver(|delivery| {
        let token = sent.settings.proof(&source);
        let verdict = source.verify(delivery, token, sent.settings.now());
        let found = verdict.map(|verified| verified.proof());
        let found = found.map(|proof| (proof.authenticity, proof.secret_index)).ok();
        assert_eq!(found, due, "{post:?}");
    });
}

use super::{Content, Written};
use crate::{
    dispatch::{bounds::cut, taken::Report, taken::Taken},
    event::Status,
    json::write::{self, Fields},
};

/// The bytes of a value. Slack takes 2,000 characters in a field.
const MAX_VALUE: usize = 300;

/// The words with which Slack refuses a message.
const REFUSALS: [&str; 18] = [
    "action_prohibited",
    "channel_is_archived",
    "channel_not_found",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_payload",
    "invalid_token",
    "missing_text_or_fallback_or_attachments",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "no_text",
    "posting_to_general_channel_denied",
    "rollup_error",
    "team_disabled",
    "too_many_attachments",
    "user_not_found",
];

/// Returns the word with which Slack refuses a message, if an answer is one that is known.
pub(super) fn refusal(answer: &str) -> Option<&'static str> {
    REFUSALS.into_iter().find(|word| *word == answer.trim())
}

/// Writes a message: a line for the notification, fields, and a line of context. What a provider
/// wrote stands in it as plain text.
pub(super) fn write(event: &str) -> Written<'_> {
    let Ok(event) = Taken::read(event) else {
        return Written::Nothing;
    };
    let message = write::object(|message| {
        message.text("text", &escaped(&title(&event)));
        message.flag("unfurl_links", false);
        message.flag("unfurl_media", false);
        let blocks = [Block::Section, Block::Context];
        message.objects("blocks", blocks, |block, fields| block.write(&event, fields));
    });
    Written::Body(Content { kind: "application/json", body: message.into_bytes().into() })
}

enum Block {
    Section,
    Context,
}

impl Block {
    fn write(self, event: &Taken, block: &mut Fields<'_>) {
        match self {
            Self::Section => {
                block.text("type", "section");
                block.objects("fields", fields(event), |text, field| plain(&text, field));
            }
            Self::Context => {
                block.text("type", "context");
                let proof = if event.told.is_some() { "operational" } else { &event.authenticity };
                let about = format!("{proof} · event {}", event.id);
                block.objects("elements", [about], |text, element| plain(&text, element));
            }
        }
    }
}

fn plain(text: &str, block: &mut Fields<'_>) {
    block.text("type", "plain_text");
    block.text("text", &cut(text, MAX_VALUE));
    block.flag("emoji", false);
}

fn title(event: &Taken) -> String {
    let title = match &event.report {
        Some(report) => {
            let test = if report.test { "Test: order" } else { "Order" };
            format!("{test} {}: {}, {}", name(report), change(report), event.source)
        }
        None => match &event.told {
            Some(told) => told.text.clone(),
            None => format!("A delivery of {} was not understood", event.source),
        },
    };
    cut(&title, MAX_VALUE)
}

fn name(report: &Report) -> String {
    cut(report.reference.as_deref().unwrap_or(&report.order), MAX_VALUE / 2)
}

fn change(report: &Report) -> String {
    let was = report.was.filter(|was| *was != report.status);
    let was = was.map_or(String::new(), |was| format!(" (was {})", words(was)));
    words(report.status) + &was
}

fn words(status: Status) -> String {
    status.as_str().replace('_', " ")
}

fn fields(event: &Taken) -> Vec<String> {
    let mut fields = Vec::new();
    if let Some(report) = &event.report {
        fields.push(format!("Order: {}", name(report)));
        fields.push(format!("Status: {}", change(report)));
    }
    if let Some(told) = &event.told {
        fields.push(told.text.clone());
    } else {
        fields.push(format!("Source: {}", event.source));
    }
    fields.push(format!("Time: {}", event.time.as_str()));
    fields
}

/// Escapes the characters that begin a link or a mention.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

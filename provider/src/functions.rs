//! The functions of the provider.
//!
//! Tests: `provider/tests/functions.rs`, `tests/terraform/functions.rs`.

use engine::function::{Accepts, Function, FunctionError, Parameter};
use serde_json::Value as Json;
use template::render;
use value::{Type, Value};

/// `render_template(template, context)`
pub static RENDER_TEMPLATE: Function = Function {
    name: "render_template",
    summary: "Renders a role's template with the values of a context.",
    description: "\
The function shows what a template gives, without a machine: in `terraform console`, in an output, or in a test. It renders Jinja2
templates as the control plane does, with an error for each name that the context lacks. Filters that extensions add, and other
templates (`include`, `import`, `extends`), are not available.

The result is sensitive if an argument is. The function needs Terraform 1.8 or later.",
    parameters: &[
        Parameter {
            name: "template",
            doc: "Jinja2 template, such as `template_data` of a `durantic_machine_role`.",
            accepts: Accepts::Type(Type::String),
        },
        Parameter {
            name: "context",
            doc: "Object with the names that the template uses: `machine`, `peers`, `role`, `secrets` and `vars`.",
            accepts: Accepts::Any,
        },
    ],
    returns: Type::String,
    call: render_template,
};

fn render_template(arguments: &[Json]) -> Result<Value, FunctionError> {
    let [Json::String(template), context] = arguments else {
        return Err(invalid(0, "`template` must be a string.".to_owned()));
    };
    if !context.is_object() {
        let message = "`context` must be an object, such as `{ machine = { hostname = \"web-1\" } }`.";
        return Err(invalid(1, message.to_owned()));
    }
    let rendered = render(template, context).map_err(|error| {
        let (line, column) = (error.line, error.column);
        invalid(0, format!("Line {line}, column {column}: {}", error.message))
    });
    rendered.map(Value::string)
}

fn invalid(argument: usize, message: String) -> FunctionError {
    FunctionError {
        argument: Some(argument),
        message,
    }
}

//! The remedies for failed requests, which name the provider's arguments and environment variables.

use engine::api::ErrorKind;

/// The remedy for an error of this kind, as sentences; `None` if the error needs no more explanation.
pub fn remedy(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::Unauthorized => {
            "The token is invalid, expired or revoked: replace it by a new one from the API Tokens page of the Durantic dashboard."
        }
        ErrorKind::Forbidden => {
            "The API token lacks the scope for this. Create a token with that scope: the API Tokens page of the Durantic \
             dashboard shows the scopes of each token."
        }
        ErrorKind::RateLimited => {
            "Wait a few minutes, run Terraform with a lower -parallelism, or raise `max_retries`."
        }
        ErrorKind::Server => "The control plane failed; try again later.",
        ErrorKind::UnknownHost => {
            "Check the host name of `endpoint` in the provider configuration, and the name servers of this network."
        }
        ErrorKind::Unreachable => {
            "Check `endpoint` in the provider configuration, the network and the proxy settings."
        }
        ErrorKind::Proxy => {
            "Check that the proxy runs, and the environment variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."
        }
        ErrorKind::RequestTimeout => "Try again, or raise `request_timeout` in the provider configuration.",
        ErrorKind::OperationTimeout => "Try again, with a longer timeout in the `timeouts` block.",
        ErrorKind::Ambiguous => "The control plane may have carried out the request.",
        ErrorKind::UnexpectedResponse => {
            "Check that `endpoint` in the provider configuration is the address of a Durantic control plane and that \
             no proxy responds in its place."
        }
        ErrorKind::NoSuchPath => {
            "The response is not the control plane's own, so it does not show whether the object exists. Check the path of \
             `endpoint` in the provider configuration, and the proxies in between."
        }
        ErrorKind::OtherServer => {
            "So no Durantic control plane answers there: check the host and the path of `endpoint` in the provider configuration, and the \
             proxies in between."
        }
        ErrorKind::NotFound => "The account of the API token has no such object.",
        ErrorKind::UnknownOperation => "This is a bug in the provider; please report it to its developers.",
        ErrorKind::Conflict
        | ErrorKind::Invalid
        | ErrorKind::Rejected
        | ErrorKind::Tls
        | ErrorKind::TooLarge
        | ErrorKind::Redirect
        | ErrorKind::Cancelled
        | ErrorKind::Parameter
        | ErrorKind::Setup => return None,
    })
}

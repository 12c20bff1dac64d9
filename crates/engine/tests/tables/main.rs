//! The engine's rules, each as a row or a few lines, without a server and without Terraform.

#![cfg(test)]

mod apply;
mod plan;
mod support;

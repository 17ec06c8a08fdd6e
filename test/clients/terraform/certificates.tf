# Certificates of every source, each shown by a distribution. Every provider is told the same endpoint (provider.tf).

variable "origin_port" { type = number }
variable "certificate" { type = string }
variable "private_key" { type = string }
variable "chain" { type = string }

resource "aws_acm_certificate" "requested" {
  domain_name               = "requested.terraform.example.com"
  subject_alternative_names = ["*.terraform.example.com"]
  validation_method         = "DNS"
  tags                      = { Name = "requested" }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate_validation" "requested" {
  certificate_arn         = aws_acm_certificate.requested.arn
  validation_record_fqdns = [for option in aws_acm_certificate.requested.domain_validation_options : option.resource_record_name]
}

resource "aws_acm_certificate" "imported" {
  certificate_body  = var.certificate
  private_key       = var.private_key
  certificate_chain = var.chain
}

resource "aws_iam_server_certificate" "uploaded" {
  name              = "terraform"
  path              = "/cloudfront/"
  certificate_body  = var.certificate
  private_key       = var.private_key
  certificate_chain = var.chain
  tags              = { Name = "uploaded" }
}

data "aws_acm_certificate" "found" {
  domain      = "requested.terraform.example.com"
  statuses    = ["ISSUED"]
  most_recent = true
  depends_on  = [aws_acm_certificate_validation.requested]
}

locals {
  shown = {
    "terraform.example.com"           = { acm = aws_acm_certificate.imported.arn, iam = null }
    "requested.terraform.example.com" = { acm = data.aws_acm_certificate.found.arn, iam = null }
    "uploaded"                        = { acm = null, iam = aws_iam_server_certificate.uploaded.id }
  }
}

resource "aws_cloudfront_distribution" "site" {
  for_each = local.shown

  enabled = true
  aliases = each.key == "uploaded" ? [] : [each.key]

  origin {
    origin_id   = "site"
    domain_name = "localhost"

    custom_origin_config {
      http_port              = var.origin_port
      https_port             = 443
      origin_protocol_policy = "http-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }

  default_cache_behavior {
    target_origin_id       = "site"
    viewer_protocol_policy = "allow-all"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]

    forwarded_values {
      query_string = false

      cookies {
        forward = "none"
      }
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    acm_certificate_arn      = each.value.acm
    iam_certificate_id       = each.value.iam
    ssl_support_method       = "sni-only"
    minimum_protocol_version = "TLSv1.2_2021"
  }
}

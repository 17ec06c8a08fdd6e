# A site as it is commonly written: an identity for a bucket, three origins, behaviors of several kinds, aliases and tags.
# What the test changes in place is a variable.

variable "origin_port" {
  type = number
}

variable "comment" {
  type    = string
  default = "made by terraform"
}

variable "tags" {
  type    = map(string)
  default = { Name = "site", Stage = "test" }
}

variable "api_max_ttl" {
  type    = number
  default = 60
}

variable "api_query_keys" {
  type    = list(string)
  default = ["page", "sort"]
}

variable "assets_path" {
  type    = string
  default = "/static"
}

variable "has_archive" {
  type    = bool
  default = false
}

# Whether to wait until a change is deployed: the provider looks for the first time after half a minute.
variable "wait" {
  type = bool
}

resource "aws_cloudfront_origin_access_identity" "bucket" {
  comment = "${var.comment}: reads the bucket"
}

resource "aws_cloudfront_distribution" "site" {
  enabled             = true
  comment             = var.comment
  default_root_object = "index.html"
  aliases             = ["www.site.test", "site.test"]
  price_class         = "PriceClass_100"
  is_ipv6_enabled     = true
  wait_for_deployment = var.wait
  tags                = var.tags

  origin {
    origin_id   = "app"
    domain_name = "localhost"

    custom_origin_config {
      http_port                = var.origin_port
      https_port               = 443
      origin_protocol_policy   = "http-only"
      origin_ssl_protocols     = ["TLSv1.2"]
      origin_read_timeout      = 20
      origin_keepalive_timeout = 10
    }

    custom_header {
      name  = "X-From"
      value = "the edge"
    }
    custom_header {
      name  = "X-Second"
      value = "2"
    }
  }

  origin {
    origin_id   = "assets"
    domain_name = "localhost"
    origin_path = var.assets_path

    custom_origin_config {
      http_port              = var.origin_port
      https_port             = 443
      origin_protocol_policy = "http-only"
      origin_ssl_protocols   = ["TLSv1", "TLSv1.1", "TLSv1.2"]
    }
  }

  origin {
    origin_id           = "bucket"
    domain_name         = "site-files.s3.amazonaws.com"
    connection_attempts = 2
    connection_timeout  = 5

    s3_origin_config {
      origin_access_identity = aws_cloudfront_origin_access_identity.bucket.cloudfront_access_identity_path
    }
  }

  dynamic "origin" {
    for_each = var.has_archive ? ["archive"] : []

    content {
      origin_id   = origin.value
      domain_name = "localhost"
      origin_path = "/archive"

      custom_origin_config {
        http_port              = var.origin_port
        https_port             = 443
        origin_protocol_policy = "http-only"
        origin_ssl_protocols   = ["TLSv1.2"]
      }
    }
  }

  default_cache_behavior {
    target_origin_id       = "app"
    viewer_protocol_policy = "allow-all"
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    compress               = true
    min_ttl                = 0
    default_ttl            = 3600
    max_ttl                = 86400

    forwarded_values {
      query_string = false

      cookies {
        forward = "none"
      }
    }
  }

  ordered_cache_behavior {
    path_pattern           = "/assets/*"
    target_origin_id       = "assets"
    viewer_protocol_policy = "allow-all"
    allowed_methods        = ["GET", "HEAD", "OPTIONS"]
    cached_methods         = ["GET", "HEAD", "OPTIONS"]
    min_ttl                = 0
    default_ttl            = 3600
    max_ttl                = 86400

    forwarded_values {
      query_string = false
      headers      = ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"]

      cookies {
        forward = "none"
      }
    }
  }

  ordered_cache_behavior {
    path_pattern           = "/api/*"
    target_origin_id       = "app"
    viewer_protocol_policy = "allow-all"
    allowed_methods        = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods         = ["GET", "HEAD"]
    min_ttl                = 0
    default_ttl            = 0
    max_ttl                = var.api_max_ttl

    forwarded_values {
      query_string            = true
      query_string_cache_keys = var.api_query_keys
      headers                 = ["Authorization", "Accept-Language"]

      cookies {
        forward           = "whitelist"
        whitelisted_names = ["session", "theme"]
      }
    }
  }

  ordered_cache_behavior {
    path_pattern           = "/account/*"
    target_origin_id       = "app"
    viewer_protocol_policy = "redirect-to-https"
    allowed_methods        = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
    cached_methods         = ["GET", "HEAD"]

    forwarded_values {
      query_string = true
      headers      = ["*"]

      cookies {
        forward = "all"
      }
    }
  }

  ordered_cache_behavior {
    path_pattern           = "/files/*"
    target_origin_id       = "bucket"
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
    cloudfront_default_certificate = true
  }
}

output "id" {
  value = aws_cloudfront_distribution.site.id
}

output "domain_name" {
  value = aws_cloudfront_distribution.site.domain_name
}

output "identity" {
  value = aws_cloudfront_origin_access_identity.bucket.id
}
